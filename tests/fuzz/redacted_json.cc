// Fuzzes the redaction of JSON: a document keeps its shape, and loses the secrets of its strings.
#include "workflows/redaction/redacted_json.h"

#include <nlohmann/json.hpp>

#include "tests/fuzz/target.h"

using namespace pawl;
using namespace pawl::redaction;
using nlohmann::json;

namespace {

constexpr std::string_view kSecret = "Zq17Xk9vT3mB8wR2";
constexpr std::ptrdiff_t kDepthMax = 200;  // as deep as a comparison may go, which calls itself

bool same_shape(const json& a, const json& b) {
  if (a.type() != b.type() || a.size() != b.size()) return false;
  if (a.is_array()) return std::equal(a.begin(), a.end(), b.begin(), same_shape);
  if (!a.is_object()) return a.is_string() || a == b;
  for (auto at = a.begin(), other = b.begin(); at != a.end(); ++at, ++other)
    if (at.key() != other.key() || !same_shape(*at, *other)) return false;
  return true;
}

// nlohmann takes a NUL for the end of the document.
bool is_json(const std::string& text) { return !fuzz::holds(text, std::string_view("\0", 1)) && json::accept(text); }

void check_document(const std::string& document) {
  const auto redacted = redacted_json(document);
  if (!redacted || !is_json(document)) return;
  fuzz::require(json::accept(*redacted), "redacted JSON is JSON");
  if (std::count_if(document.begin(), document.end(), [](char c) { return c == '[' || c == '{'; }) > kDepthMax) return;
  fuzz::require(same_shape(json::parse(document), json::parse(*redacted)), "redacted JSON has the same shape");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string document = fuzz::Input(bytes, size).rest();
  check_document(document);
  if (fuzz::holds(document, kSecret) || !is_json(document)) return 0;
  const std::string secret(kSecret);
  for (const std::string& planted : {"[" + document + ", {\"password\" : \"" + secret + "\"}]",
                                     "{\"log\": \"password=" + secret + "\", \"more\": " + document + "}"}) {
    check_document(planted);
    fuzz::require(!fuzz::holds(redacted_json(planted).value_or(planted), secret), "a named secret is redacted");
  }
  return 0;
}
