// Secrets do not survive in a text, and innocent words do.
#include "workflows/redaction/redaction.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "workflows/redaction/safe_text.h"

using namespace pawl::redaction;

namespace {

constexpr const char* kCanary = "hunter2Canary9";

std::string with_canary(std::string text) {
  for (std::size_t at; (at = text.find("$")) != std::string::npos;) text.replace(at, 1, kCanary);
  return text;
}

// `$` stands for the secret.
const std::vector<std::string> kLeaks = {
    "GET https://user:$@api.reapit.com/v1 failed",
    "GET https://$@api.reapit.com/v1 failed",
    "could not connect to postgres://pms:p/$@db.example.com:5432/pms",
    "could not connect to postgres://pms:p#$@db.example.com:5432/pms",
    "could not connect to postgres://pms:a@$@db.example.com:5432/pms",
    "GET https:\\/\\/user:$@api.reapit.com failed",
    "login as admin:$@db.example.com refused",
    "Authorization: Bearer $",
    "authorization: Basic $==",
    "Authorization: $ and more of $",
    "Proxy-Authorization: Digest username=\"x\", response=$",
    "curl -H 'Authorization: Token $' https://api.example.com",
    "{\"Authorization\": \"Bearer $\"}",
    "request had bearer $ in it",
    "Cookie: a=1; session=$; b=$",
    "Set-Cookie: sid=$; HttpOnly",
    "password=$",
    "password = $",
    "password: $",
    "Password:\n  $",
    "PASSWORD='$ with blanks $'",
    "password=($)",
    "pwd=$;server=x",
    "{\"password\":\"$\"}",
    "{\"password\" : \"a\\\"$\"}",
    "{\\\"password\\\":\\\"$\\\"}",
    "{\\\\\\\"password\\\\\\\":\\\\\\\"a $\\\\\\\"}",
    "{\"password\":\"$",
    "{'client_secret': '$'}",
    "{&quot;password&quot;:&quot;$&quot;}",
    "clientSecret => $",
    "client-secret: $",
    "refresh_token=$&grant_type=refresh_token",
    "?access_token=$&x=1",
    "?api_key=$",
    "?key=$",
    "https://app.example.com/callback?code=$&state=1",
    "X-Api-Key: $",
    "API key: $",
    "Invalid API key '$'",
    "Invalid token $",
    "invalid_token: $",
    "your token is $",
    "--password $ --verbose",
    "smtp_pass=$",
    "dbPass=$",
    "user[password]=$",
    "password%3D$",
    "AWS_SECRET_ACCESS_KEY=$",
    "aws_session_token: $",
    "AccountKey=$;EndpointSuffix=core.windows.net",
    "sig=$",
    "{\"token\": [\"$\", \"$\"]}",
    "{\"credentials\": {\"user\": \"$\"}}",
    "<password>$</password>",
    "<wsse:Password Type=\"PasswordText\">$</wsse:Password>",
    "password: `$`",
    "pass\\u200bword, secret: $",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE$\n$\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\\nMIIE$\\n-----END PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\nMIIE$",
    "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx$.c2lnbmF0dXJl$ expired",
    "key ghp_$",
    "using sk_live_$",
    "Key (api_key)=($) already exists.",
    "Key (org_id, token)=(7, $) already exists.",
    "Schlüssel: $",
    "API-Schlüssel: $",
    "Schlüssel \"$\" ist falsch",
    "Bearer token=$",
    "openssl enc -aes-256-cbc -k $ -in x",
    "kinit failed: password for bob@REALM $",
    "password is not \"$\"",
    "tried password $ then $",
    "creds bob:$ rejected",
    "credentials (bob, $) were refused",
};

const std::vector<std::string> kInnocent = {
    "401 Unauthorized: invalid_client",
    "Token expired at 2026-11-24T03:00:00Z",
    "token: expired",
    "invalid_token: The access token expired",
    "invalid_grant: the refresh token has been revoked",
    "Bad credentials: account locked",
    "Incorrect password.",
    "password: required",
    "password authentication failed for user \"pms\"",
    "{\"error\":\"invalid_token\",\"error_description\":\"The token expired\"}",
    "Connection to https://api.reapit.com:443/v1 timed out after 30 s",
    "HTTP 503 from https://platform.reapit.cloud/properties?page=2&size=100",
    "Contact support@reapit.com or mailto:help@reapit.com",
    "WWW-Authenticate: Bearer realm=\"reapit\", error=\"invalid_token\"",
    "Basic authentication is disabled",
    "Bearer token missing",
    "token_type: Bearer",
    "token_type=bearer&expires_in=3600",
    "status code=500",
    "duplicate key value violates unique constraint \"properties_pkey\"",
    "Author: Jane, secretary: Joan, compass: north",
    "request 3f2a9c1e-0000-4000-8000-0123456789ab failed",
    "tokens: 512",
    "the 'password' field is missing",
    "Authorization: failed for this connection",
    "https://alto.example.com/a@b/c",
    "Key (id)=(42) already exists.",
    "Key (code)=(ABC123) already exists.",
    "Key (code)=(ABC12345) already exists.",
    "Key (org_id)=(5f7c1d2e-0000-4000-8000-0123456789ab) is not present in table \"orgs\".",
    "Key (org_id, code)=(5f7c1d2e-0000-4000-8000-0123456789ab, ABC12345) already exists.",
    "token_type=Bearer expires_in=3600",
    "Schlüssel: nicht gefunden",
    "Schlüssel \"agenturId\" fehlt",
    "Passwort: falsch",
    "Passwort: abgelaufen",
    "contraseña: incorrecta",
    "wachtwoord: onjuist",
    "API-Schlüssel: ungültig",
    "API-Schlüssel: ist ungültig oder abgelaufen",
    "mot de passe : incorrect ou expiré",
    "senha: inválida",
    "Kennwort: muss geändert werden",
    "hasło: nieprawidłowe",
    "lösenord: felaktigt",
    "adgangskode: forkert",
    "clé API: manquante",
    "token: nicht gültig",
    "sleutel: ontbreekt",
    "llave: no encontrada",
    "Passwort: darf nicht leer sein",
    "password non valida",
    "parola: non corretta",
    "public key: ssh-ed25519 unsupported",
    "host key: ecdsa-sha2-nistp256 unsupported",
    "**Password:** required",
    "Checking password ........ failed",
    "username,password\nare required",
    "error about the token:\n  status: 401\n  message: invalid",
    "secretKeyRef:\n  name: pms-db\n  key: password",
    "std::cout << password << endl;\nstd::cout << x;",
    "user, token and id are all missing\nTry again, later",
    "cache key: units/page/2",
    "SSL: no peer certificate <html><b>Ünïcode € 漢字</b>",
    "",
};

// A form in which an error text carries secrets; a harmless text has none.
struct Sample {
  std::string name;
  std::string text;
  std::vector<std::string> secrets;
};

// Parts are joined here, so that nobody who scans the repository takes a form for a real key.
std::string joined(const nlohmann::json& parts) {
  std::string text;
  for (const auto& part : parts) text += part.get<std::string>();
  return text;
}

std::vector<Sample> redaction_corpus() {
  std::ifstream file(PAWL_REDACTION_CORPUS);
  std::vector<Sample> samples;
  for (std::string line; std::getline(file, line);) {
    const auto object = nlohmann::json::parse(line);
    Sample sample{object.value("name", ""), joined(object["text"]), {}};
    for (const auto& secret : object.value("secrets", nlohmann::json::array()))
      sample.secrets.push_back(joined(secret));
    samples.push_back(std::move(sample));
  }
  return samples;
}

struct Measure {
  std::size_t secrets = 0;
  std::size_t leaks = 0;
  std::size_t harmless = 0;
  std::size_t mangled = 0;
  std::string failed;  // a line each
};

Measure measured(const std::vector<Sample>& samples) {
  Measure measure;
  for (const Sample& sample : samples) {
    const std::string safe = safe_lines(sample.text, 2000);
    const bool leaks = std::any_of(sample.secrets.begin(), sample.secrets.end(),
                                   [&](const auto& secret) { return safe.find(secret) != std::string::npos; });
    const bool mangled = sample.secrets.empty() && safe != sample.text;
    ++(sample.secrets.empty() ? measure.harmless : measure.secrets);
    measure.leaks += leaks ? 1 : 0;
    measure.mangled += mangled ? 1 : 0;
    if (leaks || mangled) measure.failed += sample.name + ": " + sample.text + " -> " + safe + "\n";
  }
  return measure;
}

// Most of the corpus plants words that look random. Tokens of well-known makers always do, and keep theirs.
void put_ordinary_password(Sample& sample) {
  for (std::string& secret : sample.secrets) {
    if (!secret.starts_with("Zq") && !secret.starts_with("Vk")) continue;
    for (std::size_t at; (at = sample.text.find(secret)) != std::string::npos;)
      sample.text.replace(at, secret.size(), "sunset42");
    secret = "sunset42";
  }
}

}  // namespace

TEST_CASE("no planted secret survives redaction") {
  for (const std::string& leak : kLeaks) {
    const std::string redacted = redact(with_canary(leak));
    INFO(leak << " -> " << redacted);
    CHECK(redacted.find(kCanary) == std::string::npos);
    CHECK(redacted.find("[redacted]") != std::string::npos);
  }
}

TEST_CASE("no planted secret survives in the middle of a sentence") {
  for (const std::string& leak : kLeaks) {
    const std::string redacted = redact("The sync failed (" + with_canary(leak) + "\n) after 3 attempts");
    INFO(leak << " -> " << redacted);
    CHECK(redacted.find(kCanary) == std::string::npos);
    CHECK(redacted.starts_with("The sync failed ("));
  }
}

TEST_CASE("an empty label and an open quote in the lines above a secret hide no secret") {
  for (const std::string above : {"name:", "request id: ", "\"key\":", "passwd|'", "password: \"abc", "token='x", "tok",
                                  "tok\"\n", "Password", "password:", "key: `", "<th>token"})
    for (const std::string line :
         {"password=$", "\"client_secret\": \"$\"", "pwd: '$'", "--password $", "secret is $", "api_key = $;"}) {
      const std::string text = above + "\n" + line + "\nnext";
      INFO(text);
      std::string with_password = text;
      with_password.replace(text.find('$'), 1, "sunset42");
      CHECK(redact(with_password).find("sunset42") == std::string::npos);
    }
}

TEST_CASE("innocent text survives redaction unchanged") {
  for (const std::string& text : kInnocent) CHECK(redact(text) == text);
}

TEST_CASE("a code of digits is redacted behind its name, other numbers stay") {
  for (const std::string name : {"OTP code", "security code", "verification code is", "2FA code:", "SMS-code"}) {
    INFO(name);
    CHECK(redact(name + " 482913 was refused") == name + " [redacted] was refused");
  }
  for (const std::string text : {"error code 482913", "postal code 48291", "security code has 6 digits"})
    CHECK(redact(text) == text);
}

TEST_CASE("of the known forms few leak, and few harmless texts are mangled") {
  const Measure measure = measured(redaction_corpus());
  INFO(measure.failed);
  CHECK(measure.secrets >= 300);
  CHECK(measure.leaks * 100 <= measure.secrets * 5);
  CHECK(measure.harmless >= 150);
  CHECK(measure.mangled * 100 <= measure.harmless * 2);
}

TEST_CASE("few forms leak an ordinary password, which nothing but its name and place gives away") {
  std::vector<Sample> samples = redaction_corpus();
  for (Sample& sample : samples) put_ordinary_password(sample);
  const Measure measure = measured(samples);
  INFO(measure.failed);
  CHECK(measure.leaks * 100 <= measure.secrets * 5);
}

TEST_CASE("redacting twice changes nothing more") {
  for (const std::string& leak : kLeaks) {
    const std::string once = redact(with_canary(leak));
    CHECK(redact(once) == once);
  }
}

TEST_CASE("what surrounds a secret stays readable") {
  CHECK(redact("GET https://user:pw1@api.reapit.com/v1 failed") == "GET https://[redacted]@api.reapit.com/v1 failed");
  CHECK(redact("refresh_token=abc123&grant_type=refresh_token") == "refresh_token=[redacted]&grant_type=refresh_token");
  CHECK(redact("{\"password\":\"abc\",\"user\":\"bob\"}") == "{\"password\":\"[redacted]\",\"user\":\"bob\"}");
  CHECK(redact("key AKIAIOSFODNN7EXAMPLE is disabled") == "key [redacted] is disabled");
}

TEST_CASE("a secret that is cut off at the bound of the input leaves no half of itself") {
  for (std::size_t lead = 8 * 1024 - 60; lead < 8 * 1024; ++lead) {
    // what is redacted at the front makes room for what stands at the end
    std::string text = "password=\"" + std::string(7000, 'x') + "\" ";
    text += std::string(lead - text.size(), '.') + " https://user:hunter2Canary9@api.reapit.com/v1 failed";
    CHECK(safe_lines(text, 2000).find("hunter2") == std::string::npos);
  }
}

TEST_CASE("a secret that control characters are hidden in is redacted") {
  CHECK(safe_line(std::string("pass\0word=hunter2", 17), 100) == "password=[redacted]");
  CHECK(safe_line("pass\u200bword=hun\x1bter2", 100) == "password=[redacted]");
  CHECK(safe_line("pa\U000e0100ss\u3164word=hun\u00adter2", 100) == "password=[redacted]");
}

TEST_CASE("long text is redacted in linear time and stack, whatever repeats in it") {
  for (const char* piece : {"password=",
                            "\\\"",
                            "<a:",
                            "-",
                            "eyJ",
                            "bearer ",
                            "://",
                            "a:b@",
                            "token is ",
                            "\"'`",
                            "[",
                            "Authorization: ",
                            "<password ",
                            "\"password\",",
                            "name=\"password\" ",
                            "token 'token \"",
                            "-----BEGIN ",
                            "%25",
                            "&amp;",
                            "\\",
                            "\x1B[",
                            "password:\n",
                            "secret_",
                            "curl -u ",
                            "mysql ",
                            "AKIAIOSFODNN7EXAMPLE ",
                            "passphrase: none ",
                            "|",
                            "{\"value\":\"",
                            "<token><b>",
                            "key/",
                            "Aa1",
                            "token\t\t",
                            "('password', ",
                            "a:1:b:c:",
                            "password,",
                            "password,token\n",
                            "- password:\n",
                            "passwords:\n - a\n",
                            "PASSWORD <<EOF\n",
                            "| **password** ",
                            "password ....",
                            "(password, ",
                            "key: [a ",
                            "key=(",
                            "sid=",
                            "token=/",
                            "<key><![CDATA[a ",
                            "a key: |\n",
                            "<param name=\"password\">",
                            "variable \"password\" {",
                            "<tr><th>password<th>token",
                            "kind: Secret\ndata:\n",
                            "kind: Secret data: {",
                            "password = \"x\" -> \"",
                            "login(",
                            "login(\"a",
                            "rabbitmqctl add_user ",
                            "mysql -p\"",
                            "snmp community ",
                            "<login><a>b",
                            "auth ",
                            "passwd a:",
                            "fill('pass', ",
                            "ISA*00*a*01*",
                            "AT+A=\"",
                            "-u bob -p ",
                            "password={a}b"}) {
    std::string text;
    while (text.size() < 300'000) text += piece;
    INFO(piece);
    CHECK(!redact(text).empty());
  }
}
