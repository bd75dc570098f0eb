// Parses the retry options.
#include "bin/settings/retry_setting.h"

#include <charconv>
#include <string>

#include "bin/operations/runs/command_error.h"
#include "bin/settings/duration.h"

namespace pawl::bin {

namespace {

int parse_attempts(std::string_view text) {
  int attempts = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), attempts);
  if (error != std::errc{} || rest != text.data() + text.size() || attempts < 0)
    throw UsageError("attempts=" + std::string(text) + " is not a whole number from 0");
  return attempts;
}

bool parse_jitter(std::string_view text) {
  if (text == "full") return true;
  if (text == "half") return false;
  throw UsageError("jitter=" + std::string(text) + " is neither full nor half");
}

void set_part(engine::RetryPolicy& policy, std::string_view name, std::string_view value) {
  if (name == "first") {
    policy.first = parse_duration(value);
  } else if (name == "longest") {
    policy.longest = parse_duration(value);
  } else if (name == "attempts") {
    policy.max_attempts = parse_attempts(value);
  } else if (name == "for") {
    policy.give_up_after = parse_duration(value);
  } else if (name == "jitter") {
    policy.full_jitter = parse_jitter(value);
  } else {
    throw UsageError("'" + std::string(name) +
                     "' is not a part of a retry setting: first, longest, attempts, for, jitter");
  }
}

}  // namespace

engine::RetryPolicy with_retry_setting(engine::RetryPolicy policy, std::string_view text) {
  const auto is_endless = [&] { return policy.max_attempts == 0 && policy.give_up_after == engine::Duration{0}; };
  const bool may_be_endless = is_endless();
  while (!text.empty()) {
    const auto comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    const auto equals = part.find('=');
    set_part(policy, part.substr(0, equals), equals == std::string_view::npos ? "" : part.substr(equals + 1));
  }
  if (is_endless() && !may_be_endless)
    throw UsageError("a retry setting without end: give attempts or for a value above 0");
  if (policy.longest < policy.first) throw UsageError("a retry setting whose longest wait is shorter than its first");
  return policy;
}

std::string retry_text(const engine::RetryPolicy& policy) {
  std::string text = "first=" + duration_text(policy.first) + ",longest=" + duration_text(policy.longest) +
                     ",attempts=" + std::to_string(policy.max_attempts);
  if (policy.give_up_after > engine::Duration{0}) text += ",for=" + duration_text(policy.give_up_after);
  return policy.full_jitter ? text + ",jitter=full" : text;
}

}  // namespace pawl::bin
