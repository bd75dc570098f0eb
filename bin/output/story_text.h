// How the story of a run reads: its head, its timeline, who was told.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <ostream>
#include <vector>

#include "bin/operations/runs/timeline.h"
#include "bin/output/terminal_table.h"

namespace pawl::bin {

/// For people.
void print_story(Console& console, const Story& story);

/// As JSON: a document for one run, an array for several. Numbers are numbers, and payloads and outputs are JSON where
/// they are no deeper than a hundred levels, else text.
void print_story_documents(std::ostream& out, const std::vector<Story>& stories);

/// What happened, each line with how long after the one before it, and who is meant by an id.
Table timeline_table(const std::vector<StoryLine>& lines, const storage::RunHistory& history);

/// Who was told, with names.
Table deliveries_table(const storage::RunHistory& history);
nlohmann::ordered_json deliveries_document(const storage::RunHistory& history);

}  // namespace pawl::bin
