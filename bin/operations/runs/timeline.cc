// Merges what both databases have.
#include "bin/operations/runs/timeline.h"

#include <algorithm>
#include <iterator>

#include "engine/authoring/errors.h"
#include "engine/authoring/uuid.h"
#include "workflows/text/utc_time.h"

namespace pawl::bin {

namespace {

std::vector<std::string> users_of(const engine::StoredRun& run) {
  std::vector<std::string> users;
  const auto add = [&users](const engine::StepKey& step) {
    if (engine::is_uuid(step.key)) users.push_back(step.key);
  };
  for (const auto& settled : run.steps) add(settled.step);
  for (const auto& retry : run.retries) add(retry.step);
  return users;
}

void ask_postgres(const storage::PostgresAddress& postgres, Story& story) try {
  story.history = storage::history_of(postgres, story.run.event.id, users_of(story.run));
} catch (const engine::Error& error) {
  story.unavailable = error.what();
}

}  // namespace

std::optional<Story> story_of(const storage::CheckpointReader& reader, const storage::PostgresAddress& postgres,
                              const std::string& run_id) {
  auto run = reader.run(run_id);
  if (!run) return std::nullopt;
  Story story{.run = *run,
              .status = engine::to_string(run->status),
              .reason = run->reason,
              .build = reader.build_of(run_id),
              .lines = {},
              .history = {},
              .unavailable = ""};
  for (auto& entry : reader.timeline(run_id))
    story.lines.push_back(
        {entry.at, entry.what, entry.step, entry.key, entry.attempt, entry.status, std::move(entry.detail), ""});
  ask_postgres(postgres, story);
  std::ranges::move(lines_of(story.history), std::back_inserter(story.lines));
  sort_by_time(story.lines);
  return story;
}

std::vector<StoryLine> lines_of(const storage::RunHistory& history) {
  std::vector<StoryLine> lines;
  for (const storage::HistoryEntry& entry : history.entries)
    lines.push_back({entry.at, entry.what, entry.step, entry.user_id, 0, entry.status, entry.detail, entry.by});
  return lines;
}

void sort_by_time(std::vector<StoryLine>& lines) {
  std::ranges::stable_sort(lines, {}, [](const StoryLine& line) { return text::parse_rfc3339(line.at); });
}

std::string later(const std::string& from, const std::string& at) {
  const auto begin = text::parse_rfc3339(from), end = text::parse_rfc3339(at);
  if (!begin || !end) return "";
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*end - *begin).count();
  if (seconds < 1) return "";
  constexpr long kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;
  const auto told = [](long count, const char* unit) { return std::to_string(count).append(unit).append(" later"); };
  if (seconds < 2 * kMinute) return told(seconds, " s");
  if (seconds < 2 * kHour) return told(seconds / kMinute, " min");
  if (seconds < 2 * kDay) return told(seconds / kHour, " h");
  return told(seconds / kDay, " days");
}

std::string person_of(const storage::RunHistory& history, const std::string& user_id) {
  const auto found = history.people.find(user_id);
  if (found == history.people.end()) return "";
  const auto& [name, email] = found->second;
  if (name.empty() || email.empty()) return name + email;
  std::string person = name;
  return person.append(" <").append(email).append(">");
}

}  // namespace pawl::bin
