// Leaves texts that need escapes to nlohmann, which looks at each character of all others too.
#include "workflows/text/json_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace pawl::text {

namespace {

bool needs_no_escape(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

}  // namespace

void append_json_text(std::string& json, std::string_view text) {
  if (!std::all_of(text.begin(), text.end(), needs_no_escape)) {
    json += nlohmann::json(text).dump();
    return;
  }
  json += '"';
  json += text;
  json += '"';
}

std::string json_object(std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
  std::size_t size = 2;
  for (const auto& [name, text] : members) size += name.size() + text.size() + 6;
  std::string json;
  json.reserve(size);
  for (const auto& [name, text] : members) {
    json += json.empty() ? "{\"" : ",\"";
    json += name;
    json += "\":";
    append_json_text(json, text);
  }
  return json.empty() ? "{}" : json += '}';
}

}  // namespace pawl::text
