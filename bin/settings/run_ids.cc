// Resolves ids.
#include "bin/settings/run_ids.h"

#include <algorithm>

#include "bin/settings/command_error.h"
#include "bin/settings/settings.h"
#include "engine/authoring/uuid.h"
#include "workflows/text/ascii_case.h"

namespace pawl::bin {

namespace {

constexpr std::size_t kCandidatesShown = 10;

bool is_lower_hex(char letter) { return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f'); }

bool fits_an_id(const std::string& text) {
  return !text.empty() && text.size() <= 36 &&
         std::all_of(text.begin(), text.end(), [](char letter) { return letter == '-' || is_lower_hex(letter); });
}

}  // namespace

bool is_full_id(const std::string& text) { return engine::is_uuid(text) && fits_an_id(text); }

std::vector<std::string> expand_ids(const std::vector<std::string>& arguments, std::istream& in) {
  std::vector<std::string> ids;
  const auto take = [&](const std::string& word) {
    const std::string id = text::lower_cased(word);
    if (!fits_an_id(id)) throw UsageError("'" + word + "' is neither a run's id nor the beginning or end of one");
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  };
  for (const std::string& argument : arguments) {
    if (argument == "-")
      for (std::string word; in >> word;) take(word);
    else
      take(argument);
  }
  if (ids.empty())
    throw UsageError("no run was given: give ids, their beginnings or ends, or - to read them from standard input");
  return ids;
}

std::string resolve_id(const storage::CheckpointReader& reader, const std::string& part) {
  const std::vector<std::string> found = reader.ids_like(part, kCandidatesShown + 1);
  if (found.empty())
    throw NotFoundError("no run in these checkpoints has an id that begins or ends with '" + part +
                        "'; `pawl runs` lists what there is");
  if (found.size() == 1) return found.front();
  std::string message = "several runs have an id that begins or ends with '" + part + "'; give more of it:";
  for (std::size_t i = 0; i < std::min(found.size(), kCandidatesShown); ++i) message += "\n  " + found[i];
  if (found.size() > kCandidatesShown) message += "\n  ...";
  throw UsageError(message);
}

std::string checkpoints_path(const std::string& setting) {
  return setting.empty() ? default_checkpoints_path() : setting;
}

}  // namespace pawl::bin
