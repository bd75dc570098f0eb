// Secrets that stand apart from their names: in the lines below, in a column, in the arguments of a call.
#include <catch2/catch.hpp>
#include <regex>

#include "workflows/redaction/redaction.h"

using pawl::redaction::redact;

namespace {

constexpr const char* kBlockCanary = "hunter2Canary9";

}  // namespace

TEST_CASE("columns and documents that have no secrets stay as they are") {
  for (const std::string text :
       {"<tr><th>User<th>Password</tr><tr><td>bob<td>expired</tr>",
        "<tr><td>Password</td><td>required</td></tr><tr><td>User</td><td>bob</td></tr>",
        "kind: ConfigMap\ndata:\n  level: debug\n---\nkind: Secret\nmetadata:\n  name: x",
        "<error field=\"password\">should have a capital</error>",
        "{\"field\":\"password\",\"message\":\"unguessable\"}",
        "Environment: PMS_TOKEN: <set to the key 'token' in secret 'pms'>", "expect \"password:\"\nexpect \"login:\"",
        "password=${DB_PASSWORD}", "password: {{ db_password }}", "password=********", "\"password\"=>\"[FILTERED]\""})
    CHECK(redact(text) == text);
}

TEST_CASE("a secret that stands apart from its name, or in the arguments of a call, does not survive") {
  for (const std::string text : {"**Password:** `$`",
                                 "<b>Password:</b> <code>$</code>",
                                 "| **Password** | `$` |",
                                 "password ........ $",
                                 "Password >> $",
                                 "password: &anchor \"$\"",
                                 "passwords:\n  - $\n  - $",
                                 "secrets:\n  db: $\n  mail: $",
                                 "password: !vault |\n  $",
                                 "PASSWORD=<<EOF\n$\nEOF",
                                 "export PASSWORD=`cat <<'EOF'\n$\nEOF\n`",
                                 "chpasswd <<EOF\n$\nEOF",
                                 "docker login --password-stdin <<< $",
                                 "{password,\"$\"}",
                                 "{password,<<\"$\">>}",
                                 "(password . \"$\")",
                                 "curl -u \\\n  user:$ https://x.test",
                                 "mysql \\\n -u root \\\n -p$ pms",
                                 "Enter-PSSession -Password `\n  $",
                                 "xfreerdp /u:bob /p:$",
                                 "xfreerdp /u:bob /p:\"$ $\"",
                                 "passphrase: $ battery staple",
                                 "Passphrase is correct $ staple",
                                 "Enter passphrase for key '/etc/ssh/id_rsa': $",
                                 "username,password\nbob,$\nann,$",
                                 "user;password;email\nbob;$;b@x.test",
                                 "name | password\n-----+---------\nbob | $\nann | $",
                                 "User Password Host\n---- -------- ----\nbob $ db1",
                                 "INSERT INTO users (name, password) VALUES ('bob', '$')",
                                 "{\"columns\":[\"id\",\"password\"],\"data\":[[1,\"$\"]]}",
                                 "PDO->__construct('mysql:host=db', 'pms', '$')",
                                 "at com.x.Auth.login(\"bob\", \"$\")",
                                 "requests.get(url, auth=('bob', '$'))",
                                 "env('DB_PASSWORD', '$')",
                                 "const PASSWORD: &str = \"$\";",
                                 "net user bob $ /add",
                                 "<param name=\"password\">$</param>",
                                 "<add key=\"SmtpPassword\" value=\"$\"/>",
                                 "<param-name>pw</param-name>\n<param-value>$</param-value>",
                                 "<item><name>pw</name><type>string</type><data>$</data></item>",
                                 "variable \"db_password\" {\n  default = \"$\"\n}",
                                 "~ value = \"old\" -> \"$\"\n  name = \"/pms/db_password\"",
                                 "ParameterKey=DbPassword,ParameterValue=$",
                                 "<table><tr><th>User<th>Password<tr><td>bob<td>$</table>",
                                 "<tr><td>User</td><td>Password</td></tr><tr><td>bob</td><td><i>$</i></td></tr>",
                                 "kind: Secret\nstringData:\n  url: $\n  cert: |\n    abc\n    $",
                                 "data:\n  url: $\nkind: Secret",
                                 "{\"kind\":\"Secret\",\"data\":{\"url\":\"$\"}}",
                                 "<span>Password</span><span>$</span>",
                                 "<td data-col=\"password\">$</td>",
                                 "{\"k\":\"client_secret\",\"v\":\"$\"}",
                                 "{\"data\":{\"data\":{\"db\":\"$\"}}} from /v1/secret/data/pms",
                                 "Set password for bob to $",
                                 "Passwort f\u00FCr Benutzer bob: $",
                                 "username bob password 7 $",
                                 "set passwd ENC $"}) {
    const std::string planted = std::regex_replace(text, std::regex("\\$"), kBlockCanary);
    const std::string redacted = redact(planted);
    INFO(text << " -> " << redacted);
    CHECK(redacted.find(kBlockCanary) == std::string::npos);
    CHECK(redact(redacted) == redacted);
  }
}
