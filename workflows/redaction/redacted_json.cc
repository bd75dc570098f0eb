// Goes from string to string: a parsed document would lose how its numbers were written.
#include "workflows/redaction/redacted_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "workflows/redaction/redaction.h"
#include "workflows/text/json_text.h"
#include "workflows/text/utf8.h"

namespace pawl::redaction {

namespace {

using nlohmann::json;

// From the quote that opens it to behind the one that closes it.
std::string_view string_at(std::string_view document, std::size_t open) {
  std::size_t at = open + 1;
  while (at < document.size() && document[at] != '"') at += document[at] == '\\' ? 2 : 1;
  return document.substr(open, std::min(at + 1, document.size()) - open);
}

// The name of the value that comes next, which all values of an array have from it; empty where there is none.
class NameOfValue {
 public:
  void begin(std::string_view name) {
    name_ = name;
    arrays_ = 0;
  }
  void pass(std::string_view signs) {
    for (const char sign : signs) {
      if (sign == '[') ++arrays_;
      if (sign == ']' && arrays_ > 0) --arrays_;
      if (sign == '{' || (arrays_ == 0 && (sign == ',' || sign == ']'))) begin({});
    }
  }
  std::string_view name() const { return name_; }

 private:
  std::string_view name_;
  std::size_t arrays_ = 0;  // around the value, within its name
};

bool is_name(std::string_view document, std::size_t behind) {
  const std::size_t next = document.find_first_not_of(" \t\r\n", behind);
  return next != std::string_view::npos && document[next] == ':';
}

std::string in_json(const std::string& text) {
  std::string quoted;
  text::append_json_text(quoted, text);
  return quoted;
}

// The token as it is to be written. Of what its name announces as a secret, nothing is shown.
std::string redacted_value(std::string_view name, std::string_view token) {
  const json value = json::parse(text::valid_utf8(std::string(token)), nullptr, false);
  if (!value.is_string()) return std::string(token);
  const std::string text = value.get<std::string>();
  if (std::string safe = redact(text); safe != text) return in_json(safe);
  if (name.empty()) return std::string(token);
  const std::string pair = std::string(name) + ": " + std::string(token);
  return redact(pair) == pair ? std::string(token) : "\"[redacted]\"";
}

}  // namespace

std::optional<std::string> redacted_json(std::string_view json) {
  std::string redacted;
  NameOfValue name;
  bool changed = false;
  for (std::size_t at = 0; at < json.size();) {
    const std::size_t open = std::min(json.find('"', at), json.size());
    const std::string_view between = json.substr(at, open - at);
    name.pass(between);
    redacted += between;
    if (open == json.size()) break;
    const std::string_view token = string_at(json, open);
    at = open + token.size();
    if (is_name(json, at)) {
      name.begin(token);
      redacted += token;
      continue;
    }
    const std::string value = redacted_value(name.name(), token);
    changed = changed || value != token;
    redacted += value;
  }
  if (!changed) return std::nullopt;
  return redacted;
}

}  // namespace pawl::redaction
