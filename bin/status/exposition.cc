// The text format of Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/
#include "bin/status/exposition.h"

#include <charconv>

namespace pawl::bin {

namespace {

void append_value(std::string& text, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    if (c == '\n')
      text += "\\n";
    else
      text += c;
  }
}

}  // namespace

void Exposition::head(std::string_view name, std::string_view type, std::string_view help) {
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
  text_.append(name).append(" ").append(type).append("\n");
}

void Exposition::sample(std::string_view name, Labels labels, std::uint64_t value) {
  line(name, "", labels, std::to_string(value));
}

void Exposition::sample(std::string_view name, Labels labels, double value) { line(name, "", labels, number(value)); }

void Exposition::add(std::string_view name, std::string_view type, std::string_view help, std::uint64_t value) {
  head(name, type, help);
  sample(name, {}, value);
}

// As short as it can be read back, and never by a locale.
std::string Exposition::number(double value) {
  char text[32];
  const auto end = std::to_chars(std::begin(text), std::end(text), value);
  return {text, end.ptr};
}

void Exposition::line(std::string_view name, std::string_view suffix, Labels labels, std::string_view value) {
  text_.append(name).append(suffix);
  char before = '{';
  for (const auto& [label, text] : labels) {
    if (label.empty()) continue;
    text_ += std::exchange(before, ',');
    text_.append(label).append("=\"");
    append_value(text_, text);
    text_ += '"';
  }
  if (before == ',') text_ += '}';
  text_.append(" ").append(value).append("\n");
}

void Exposition::bucket(std::string_view name, Label label, const std::string& bound, std::uint64_t cumulated) {
  line(name, "_bucket", {label, {"le", bound}}, std::to_string(cumulated));
}

void Exposition::end_of_histogram(std::string_view name, Label label, std::uint64_t count, double sum) {
  bucket(name, label, "+Inf", count);
  line(name, "_sum", {label}, number(sum));
  line(name, "_count", {label}, std::to_string(count));
}

}  // namespace pawl::bin
