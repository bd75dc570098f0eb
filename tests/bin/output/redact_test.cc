// Passwords are taken out of whatever is printed.
#include "bin/output/redact.h"

#include <catch2/catch.hpp>

using pawl::bin::redact_passwords;

TEST_CASE("a password in a connection string is never printed") {
  CHECK(redact_passwords("host=db password=canary user=pawl") == "host=db password=*** user=pawl");
  CHECK(redact_passwords("password='can ary\\'s' host=db") == "password=*** host=db");
  CHECK(redact_passwords("postgresql://pawl:canary@db:5432/app") == "postgresql://pawl:***@db:5432/app");
  CHECK(redact_passwords("postgresql://db/app?password=canary&user=x") == "postgresql://db/app?password=***&user=x");
  CHECK(redact_passwords("smtp://u%40x:can@ary@relay: refused") == "smtp://u%40x:***@relay: refused");
  CHECK(redact_passwords("password=canary") == "password=***");
}

TEST_CASE("what holds no password is left as it is") {
  for (const char* text : {"", "host=db user=pawl", "postgresql://db:5432/app", "postgresql://pawl@db/app",
                           "https://app.example.com/a:b@c", "password authentication failed"})
    CHECK(redact_passwords(text) == text);
}

TEST_CASE("of a setting that nobody has looked at yet, a password of any characters is taken out") {
  const pawl::redaction::OwnSecrets none;
  const auto shown = [&](const char* value) { return pawl::bin::redacted_setting(value, none); };
  CHECK(shown("smtp://AKIA:BAse64/secret+x?y#z@relay:587") == "smtp://AKIA:***@relay:587");
  CHECK(shown("smtp://u:a@b@relay") == "smtp://u:***@relay");
  CHECK(shown("smtp://pawl@relay:587") == "smtp://pawl@relay:587");
  CHECK(shown("host=db password=canary") == "host=db password=***");
  CHECK(shown("alerts@example.com") == "alerts@example.com");
  CHECK(shown("30s") == "30s");
}
