// Fuzzes redaction: a secret that its line announces is found whatever stands before and behind that line.
#include "workflows/redaction/redaction.h"

#include <array>

#include "tests/fuzz/target.h"
#include "workflows/redaction/safe_text.h"
#include "workflows/text/html_text.h"
#include "workflows/text/plain_text.h"
#include "workflows/text/utf8.h"

using namespace pawl;
using namespace pawl::redaction;
using namespace pawl::text;

namespace {

constexpr std::array<std::string_view, 2> kSecrets = {"Zq17Xk9vT3mB8wR2", "sunset42"};
// What stands before and behind the secret in its line.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kLines = {
    {{"password=", ""},
     {"\"client_secret\": \"", "\""},
     {"Authorization: Bearer ", ""},
     {"https://user:", "@host.test/path"},
     {"<token>", "</token>"},
     {"--password ", ""},
     {"curl -u user:", " https://host.test"},
     {"Cookie: session=", "; path=/"},
     {"pwd: '", "'"},
     {"api_key = ", ";"},
     {"passphrase: ", ""},
     {"secret is ", ""}}};
constexpr std::size_t kCharactersMax = 2000;

void check_text(const std::string& raw) {
  redact(raw);
  for (const std::string& safe : {safe_line(raw, kCharactersMax), safe_lines(raw, kCharactersMax)}) {
    fuzz::require(valid_utf8(safe) == safe, "safe text is valid UTF-8");
    fuzz::require(shortened(safe, kCharactersMax) == safe, "safe text is bounded");
  }
}

// What is around the line may itself be the secret, once control characters, escapes and tags are gone.
bool comes_to(const std::string& text, std::string_view secret) {
  return fuzz::holds(text, secret) || fuzz::holds(plain_lines(text), secret) ||
         fuzz::holds(readable("<!doctype html>" + plain_lines(text)), secret);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Input input(bytes, size);
  const unsigned choice = input.byte();
  const std::string_view secret = kSecrets[choice / kLines.size() % kSecrets.size()];
  const auto& [before, behind] = kLines[choice % kLines.size()];
  const std::string first = input.piece();
  const std::string last = input.rest();
  check_text(first);
  if (comes_to(first, secret) || comes_to(last, secret)) return 0;
  std::string text = first + "\n";
  text.append(before).append(secret).append(behind).append("\n").append(last);
  check_text(text);
  fuzz::require(!fuzz::holds(redact(text), secret), "a secret that its line announces is redacted");
  fuzz::require(!fuzz::holds(safe_lines(text, kCharactersMax), secret), "safe text holds no such secret");
  return 0;
}
