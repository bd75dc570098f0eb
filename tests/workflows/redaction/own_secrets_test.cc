// What a text that holds pawl's own secrets looks like once it may leave the process.
#include "workflows/redaction/own_secrets.h"

#include <catch2/catch.hpp>

#include "workflows/text/base64.h"

using namespace pawl::redaction;
using namespace pawl::text;

namespace {

const std::string kPassword = "S3cret pässwörd/+%41?";

std::string percent_encoded(const std::string& text, const char* digits) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return encoded;
}

std::string plain_login(const std::string& user) {
  return base64(std::string(1, '\0') + user + std::string(1, '\0') + kPassword);
}

std::string url_alphabet(std::string text) {
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (text.ends_with('=')) text.pop_back();
  return text;
}

}  // namespace

TEST_CASE("an own secret is masked as it is, percent-encoded, and in base64 with whatever stands around it") {
  OwnSecrets secrets;
  secrets.add("another");
  secrets.add(kPassword);
  std::vector<std::string> forms{kPassword,
                                 base64(kPassword),
                                 percent_encoded(kPassword, "0123456789ABCDEF"),
                                 percent_encoded(kPassword, "0123456789abcdef"),
                                 "S3cret%20p%C3%A4ssw%c3%b6rd%2F%2B%2541%3F",
                                 percent_encoded(base64(kPassword), "0123456789ABCDEF"),
                                 base64("user=pawl\x01"
                                        "auth=Bearer " +
                                        kPassword + "\x01\x01"),
                                 plain_login("pawl")};
  for (const std::string user : {"", "p", "pa", "paw", "pawl@corp.test"}) forms.push_back(plain_login(user));
  for (const std::string before : {"a", "ab", "abc"}) forms.push_back(base64(before + kPassword + "xyz"));
  for (const std::string& form : std::vector(forms))
    if (form != kPassword) forms.push_back(url_alphabet(form));
  for (const std::string& form : forms) {
    CAPTURE(form);
    const std::string masked = secrets.masked("535 5.7.8 <" + form + "> was refused: " + form);
    CHECK(masked.starts_with("535 5.7.8 <***"));
    CHECK(masked.find("> was refused: ***") != std::string::npos);
    CHECK(masked.size() < 50);
  }
}

TEST_CASE("a secret that is cut at the end of a text is masked as far as it goes, plain and in base64") {
  OwnSecrets secrets;
  secrets.add(kPassword);
  for (std::size_t size = OwnSecrets::kSecretMin; size < kPassword.size(); ++size)
    CHECK(secrets.masked("535 " + kPassword.substr(0, size)) == "535 ***");
  CHECK(secrets.masked("535 " + plain_login("pawl").substr(0, 20)) == "535 ***");
}

TEST_CASE(
    "a secret that is cut or wrapped in the middle of a text shows no piece of eight bytes, plain and in base64") {
  const std::string password = "p@ss:w%rd äx";
  OwnSecrets secrets;
  secrets.add(password);
  const std::string login = base64(std::string(1, '\0') + "pawl@corp.test" + std::string(1, '\0') + password);
  const auto shows_piece = [&](const std::string& told, const std::string& form, std::size_t size) {
    for (std::size_t at = 0; at + size <= form.size(); ++at)
      if (told.find(form.substr(at, size)) != told.npos) return true;
    return false;
  };
  const std::string login_tail = login.substr(login.size() - password.size() * 4 / 3 - 1);
  for (std::size_t cut = 1; cut < login.size(); ++cut) {
    CAPTURE(cut);
    const std::string begun = login.substr(0, cut);
    const std::string rest = login.substr(cut);
    CHECK_FALSE(shows_piece(secrets.masked("535 you said " + begun + "... (cut), denied"), login_tail, 12));
    CHECK_FALSE(shows_piece(secrets.masked("535 you said " + begun + "\r\n" + rest + " and no more"), login_tail, 3));
    const std::string parted = secrets.masked("535 you said " + begun + " " + rest + " denied");
    CAPTURE(login, parted);
    CHECK_FALSE(shows_piece(parted, login_tail, 3));
  }
  for (std::size_t cut = 1; cut < password.size(); ++cut) {
    CAPTURE(cut);
    const std::string begun = password.substr(0, cut);
    CHECK_FALSE(shows_piece(secrets.masked("535 <" + begun + "...> denied"), password, 8));
    const std::string wrapped = secrets.masked("535 <" + begun + "\n" + password.substr(cut) + "> denied");
    CHECK_FALSE(shows_piece(wrapped, password, 3));
    CHECK(wrapped.ends_with("> denied"));
  }
}

TEST_CASE("of a short secret three quarters are masked, less is not told from other text") {
  OwnSecrets secrets;
  secrets.add("h4rb0ur!");
  CHECK(secrets.masked("535 <h4rb0u> denied") == "535 <***> denied");
  CHECK(secrets.masked("535 <h4rb> denied") == "535 <h4rb> denied");
}

TEST_CASE("text without an own secret stays as it is, and so does all text while there is none") {
  OwnSecrets secrets;
  const std::string text = "250 2.0.0 Ok: queued as 4XyZ12abc+/== 100% %zz S3cret";
  CHECK(secrets.masked(text + kPassword) == text + kPassword);
  secrets.add("");
  secrets.add("abc");
  CHECK(secrets.masked("abc") == "abc");
  secrets.add(kPassword + "2");
  CHECK(secrets.masked(text + " end") == text + " end");
}

TEST_CASE("of secrets that are replaced the last ones are remembered, and no more") {
  const auto token = [](std::size_t i) { return std::to_string(10'000'000 + i * 1'234'567); };
  OwnSecrets secrets;
  for (std::size_t i = 0; i <= OwnSecrets::kRemembered; ++i) secrets.add(token(i));
  CHECK(secrets.masked(token(0) + "; ").starts_with(token(0)));
  CHECK(secrets.masked(token(1) + "; " + token(64) + ";") == "***; ***;");
}
