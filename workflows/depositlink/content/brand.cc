// Checks the brand once, so that no mail has to.
#include "workflows/depositlink/content/brand.h"

#include <algorithm>
#include <cmath>

#include "engine/authoring/errors.h"
#include "workflows/depositlink/content/app_url.h"
#include "workflows/redaction/safe_text.h"
#include "workflows/text/plain_text.h"

namespace pawl::depositlink {

namespace {

constexpr std::size_t kNameMax = 120;

bool is_color(const std::string& text) {
  return text.size() == 7 && text.front() == '#' &&
         text.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string::npos;
}

// Relative luminance from 0 to 1 (WCAG 2.1).
double luminance(const std::string& color) {
  const auto linear = [&](std::size_t at) {
    const double part = std::stoi(color.substr(at, 2), nullptr, 16) / 255.0;
    return part <= 0.03928 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(1) + 0.7152 * linear(3) + 0.0722 * linear(5);
}

}  // namespace

Brand::Brand(const std::string& name, std::string logo_url, std::string color)
    : name_(redaction::safe_line(name, kNameMax)), logo_url_(std::move(logo_url)), color_(std::move(color)) {
  if (!logo_url_.empty()) require_url("logo URL", logo_url_, "https://cdn.example.com/logo.png");
  if (!logo_url_.empty() && !logo_url_.starts_with("https://"))
    throw engine::RefusedError("logo URL " + text::in_quotes(redaction::safe_line(logo_url_, 60)) +
                               ": mail programs load pictures over https only; give a URL such as "
                               "https://cdn.example.com/logo.png");
  if (!color_.empty() && !is_color(color_))
    throw engine::RefusedError("brand colour " + text::in_quotes(redaction::safe_line(color_, 60)) +
                               ": not of the form #rrggbb; give one such as #1f5fbf");
}

// Where contrast with black equals that with white.
std::string Brand::text_color() const { return luminance(color_) > 0.179 ? "#000000" : "#ffffff"; }

}  // namespace pawl::depositlink
