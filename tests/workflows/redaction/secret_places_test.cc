// Secrets that their place gives away: in a command, a call, a line of a configuration.
#include <catch2/catch.hpp>

#include "workflows/redaction/redaction.h"

using pawl::redaction::redact;

namespace {

// `$` stands for the secret, which is all that is taken out.
void check_only_secret_goes(const std::string& text) {
  std::string planted = text;
  std::string expected = text;
  for (std::size_t at; (at = planted.find('$')) != std::string::npos;) planted.replace(at, 1, "sunset42");
  for (std::size_t at; (at = expected.find('$')) != std::string::npos;) expected.replace(at, 1, "[redacted]");
  CHECK(redact(planted) == expected);
}

}  // namespace

TEST_CASE("what an option of a known tool is given is taken out of a command") {
  for (const std::string text :
       {"mysql -u root -p$ pms", "/usr/bin/mysqldump -h db -p'$' pms", "C:\\bin\\sqlcmd.exe -U sa -P $",
        "mosquitto_pub -h mq -u bob -P $ -t x", "bash -c \"mysql -p$ pms\"", "[\"redis-cli\", \"-a\", \"$\", \"ping\"]",
        "redis-cli -a \"$\" ping", "snmpget -v3 -u bob -A $ -X $ host", "docker --debug login -u bob -p $ r.test",
        "schtasks /create /ru bob /rp $"})
    check_only_secret_goes(text);
}

TEST_CASE("the word of a command that is a secret by its place is taken out") {
  for (const std::string text : {"rabbitmqctl -n mq add_user bob $", "rabbitmqctl change_password bob '$'",
                                 "htpasswd -b /etc/users bob $", "mysqladmin -u root password $", "net user bob $ /add",
                                 "composer config http-basic.repo.test bob $", "./add-user.sh -u bob -p $ -r Realm"})
    check_only_secret_goes(text);
}

TEST_CASE("a command without a secret, and a message of its tool, stay as they are") {
  for (const std::string text :
       {"mysql: [Warning] -p option is deprecated", "docker run -p 8080:80 nginx",
        "rabbitmqctl add_user: user already exists", "mysqldump -p$DB_PASSWORD pms", "psql -p 5432 pms",
        "sudo -u bob mkdir -p /srv/release42", "run -u bob -p 8080:80 nginx", "net user command failed"})
    CHECK(redact(text) == text);
}

TEST_CASE("what a call that logs in was given behind the user is taken out") {
  for (const std::string text :
       {"App\\Auth->signIn('bob', '$')", "LoginAsync(\"bob\", \"$\")", "connect('db.internal', 'pms', '$', 'pms')",
        "new PmsClient(\"bob\", \"$\")", "connect(dsn(\"db\"), \"pms\", \"$\")", "connect('pms', '$', 't3://adm:7001')",
        "page.fill('input[name=password]', '$')", "cy.get('#password').type('$')", "db.createUser(\"bob\", \"$\")",
        "<login><arg0>bob</arg0><arg1>$</arg1></login>"})
    check_only_secret_goes(text);
}

TEST_CASE("the arguments of other calls stay as they are") {
  for (const std::string text :
       {"AuthenticationException(\"bob\", \"dragon\")", "loginfo(\"bob\", \"dragon\")",
        "S3Client(\"eu-west-2\", \"https://s3.test/bucket42\")", "render(\"page\", \"sunset42\")",
        "connect(host=\"db\", port=\"5432\", database=\"pms42xyz\")", "login(\"bob\", retries)"})
    CHECK(redact(text) == text);
}

TEST_CASE("a word like a password is guessed where a text is about logging in") {
  for (const std::string text :
       {"bob / $ : invalid credentials", "could not log in as bob with $", "refused bob/$, wrong login",
        "login of bob ($) failed", "login bob $ refused", "{\"method\":\"login\",\"params\":[\"bob\",\"$\"]}"})
    check_only_secret_goes(text);
}

TEST_CASE("a word like a password is no guess elsewhere") {
  for (const std::string text : {"office york / sunset42 has no tenants", "login failed for user \"reapit_2024\"",
                                 "token for agency (branch42x)", "login request 8f14e45fceea failed",
                                 "GET /login/v2beta1 HTTP/1.1", "OAuth2 (RFC6749) token expired"})
    CHECK(redact(text) == text);
}

TEST_CASE("a secret is taken out of a field or command of a protocol") {
  for (const std::string text : {"35=A|553=bob|554=$|10=101|", "ISA*00*          *01*$*ZZ*AGENCY",
                                 "AT+CWJAP=\"office\",\"$\"", "vpn login denied: bob/$"})
    check_only_secret_goes(text);
}

TEST_CASE("a secret is taken out of the configuration of devices and servers") {
  for (const std::string text :
       {"snmp-server community $ RO", "set snmp community $ authorization read-only", "rocommunity $ 10.0.0.0/8",
        "ip ospf message-digest-key 1 md5 $", "snmp-server user bob net v3 auth sha $ priv aes 128 $",
        "username bob privilege 15 password 7 $", "crypto isakmp key $ address 10.0.0.1", "vpn.test : PSK \"$\"",
        "ACL SETUSER bob on >$ ~*", "bob * $ *"})
    check_only_secret_goes(text);
}
