// Asks the definitions, each for all that it refuses.
#include "bin/operations/changes/event_check.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/authoring/errors.h"

namespace pawl::bin {

namespace {

// What decoding throws beside its refusals fails a run as well, so that it is a problem like any other. The words of
// whatever is not ours may quote the payload, and its secrets.
std::vector<std::string> problems_of(const engine::WorkflowDefinition& workflow, const std::string& payload) try {
  return workflow.payload_problems ? workflow.payload_problems(payload) : std::vector<std::string>{};
} catch (const engine::Error& error) {
  return {workflow.name + " cannot read it: " + error.what()};
} catch (const std::exception&) {
  return {workflow.name + " cannot read it"};
}

}  // namespace

PayloadCheck check_payload(std::span<const engine::WorkflowDefinition> build, const std::vector<std::string>& workflows,
                           const std::string& payload) {
  PayloadCheck check;
  for (const std::string& name : workflows) {
    const auto found = std::ranges::find(build, name, &engine::WorkflowDefinition::name);
    if (found == build.end()) {
      check.unknown.push_back(name);
      continue;
    }
    for (std::string& problem : problems_of(*found, payload))
      if (std::ranges::find(check.problems, problem) == check.problems.end())
        check.problems.push_back(std::move(problem));
  }
  return check;
}

std::string why_no_json(const std::string& payload) try {
  if (payload.empty()) return "it is empty";
  bool has_nul = false;
  const auto document = nlohmann::json::parse(payload, [&](int, auto, const nlohmann::json& parsed) {
    has_nul |= parsed.is_string() && parsed.get_ref<const std::string&>().find('\0') != std::string::npos;
    return true;
  });
  return has_nul ? "it has the character \\u0000 in a text, which Postgres stores in none" : "";
} catch (const nlohmann::json::parse_error& error) {
  return "it is not JSON, from byte " + std::to_string(error.byte) + " on";
} catch (const nlohmann::json::exception&) {
  return "a number in it is out of range";
}

std::string listed(const std::vector<std::string>& problems) {
  if (problems.size() == 1) return ": " + problems.front();
  std::string text = ", " + std::to_string(problems.size()) + " problems:";
  for (const std::string& problem : problems) text.append("\n  ").append(problem);
  return text;
}

}  // namespace pawl::bin
