// Secrets that stand apart from their names: in the lines below, in a column, in the arguments of a call.
#include <catch2/catch.hpp>
#include <regex>

#include "workflows/redaction/redaction.h"

using pawl::redaction::redact;

namespace {

constexpr const char* kCanary = "hunter2Canary9";

}  // namespace

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
                                 "net user bob $ /add"}) {
    const std::string planted = std::regex_replace(text, std::regex("\\$"), kCanary);
    const std::string redacted = redact(planted);
    INFO(text << " -> " << redacted);
    CHECK(redacted.find(kCanary) == std::string::npos);
    CHECK(redact(redacted) == redacted);
  }
}
