// Resolves ids.
#include "bin/operations/runs/run_ids.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "bin/operations/runs/command_error.h"
#include "engine/authoring/uuid.h"
#include "workflows/text/ascii.h"

namespace pawl::bin {

namespace {

constexpr std::size_t kCandidatesShown = 10;

bool is_lower_hex(char letter) { return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f'); }

bool fits_an_id(const std::string& text) {
  return !text.empty() && text.size() <= 36 &&
         std::all_of(text.begin(), text.end(), [](char letter) { return letter == '-' || is_lower_hex(letter); });
}

bool fits_a_workflow(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char letter) {
    return letter == '-' || letter == '_' || letter == '.' || std::isalnum(static_cast<unsigned char>(letter));
  });
}

std::string why_not_found(const std::vector<engine::RunName>& candidates, const GivenRuns& given) {
  std::string why = "no run here has an id that begins or ends with '" + given.id + "'";
  std::set<std::string> others;
  if (!given.workflow.empty()) {
    why += " and is of the workflow " + given.workflow;
    for (const engine::RunName& run : candidates)
      if (begins_or_ends(run.event_id, given.id) || begins_or_ends(run.run_id, given.id)) others.insert(run.workflow);
  }
  std::string names;
  for (const std::string& name : others) names += (names.empty() ? "" : ", ") + name;
  if (!names.empty()) why += ", in which upper and lower case differ; there are runs of " + names;
  return why + "; `pawl runs` lists what there is in this checkpoint file";
}

}  // namespace

bool begins_or_ends(const std::string& id, const std::string& part) {
  return id.starts_with(part) || id.ends_with(part);
}

bool is_address(const std::string& text) { return text.find('@') != std::string::npos; }

bool is_full_id(const std::string& text) { return engine::is_uuid(text) && fits_an_id(text); }

std::vector<GivenRuns> expand_ids(const std::vector<std::string>& arguments, std::istream& in) {
  std::vector<GivenRuns> given;
  const auto take = [&](const std::string& word) {
    const std::size_t slash = std::min(word.find('/'), word.size());
    const GivenRuns runs{text::lower_cased(word.substr(0, slash)), word.substr(std::min(slash + 1, word.size()))};
    if (!fits_an_id(runs.id) || (slash < word.size() && !fits_a_workflow(runs.workflow)))
      throw UsageError("'" + word +
                       "' is neither the id of an event or a run, nor the beginning or end of one, nor EVENT/WORKFLOW");
    if (std::ranges::find(given, runs) == given.end()) given.push_back(runs);
  };
  for (const std::string& argument : arguments) {
    if (argument == "-")
      for (std::string word; in >> word;) take(word);
    else
      take(argument);
  }
  if (given.empty())
    throw UsageError("no run was given: give ids, their beginnings or ends, or - to read them from standard input");
  return given;
}

GivenRuns expand_id(const std::string& argument, std::istream& in) {
  const std::vector<GivenRuns> given = expand_ids({argument}, in);
  if (given.size() > 1)
    throw UsageError("one run is wanted, and " + std::to_string(given.size()) + " ids were read from standard input");
  return given.front();
}

// Where the event's id fits, the event is meant with all of its runs, else a run.
std::vector<engine::RunName> resolve_runs(const std::vector<engine::RunName>& candidates, const GivenRuns& given) {
  std::vector<engine::RunName> found;
  std::set<std::string> meant;
  for (const engine::RunName& run : candidates) {
    const bool by_event = begins_or_ends(run.event_id, given.id);
    if (!by_event && !begins_or_ends(run.run_id, given.id)) continue;
    if (!given.workflow.empty() && run.workflow != given.workflow) continue;
    meant.insert(by_event ? run.event_id : run.run_id);
    found.push_back(run);
  }
  if (found.empty()) throw NotFoundError(why_not_found(candidates, given));
  if (meant.size() == 1) return found;
  std::string message = "several runs have an id that begins or ends with '" + given.id + "'; give more of it:";
  std::size_t shown = 0;
  for (const std::string& id : meant)
    if (shown++ < kCandidatesShown) message += "\n  " + id;
  if (meant.size() > kCandidatesShown) message += "\n  ...";
  throw NotFoundError(message);
}

std::vector<engine::RunName> resolve_runs(const storage::CheckpointReader& reader, const GivenRuns& given) {
  return resolve_runs(reader.runs_like(given.id, kRunsLookedAt), given);
}

}  // namespace pawl::bin
