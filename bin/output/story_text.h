// How the story of a run reads: its head, its timeline, who was told.
#pragma once

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

}  // namespace pawl::bin
