// The runs a verb was given: events or runs by full ids or unambiguous beginnings or ends, or `-` for standard input.
#pragma once

#include <istream>
#include <string>
#include <vector>

#include "storage/checkpoints/reader.h"

namespace pawl::bin {

/// A UUID in its canonical lower-case form.
bool is_full_id(const std::string& text);

/// Whether a user is meant by an address, and not by an id.
bool is_address(const std::string& text);

/// Whether an id is meant by a part of it.
bool begins_or_ends(const std::string& id, const std::string& part);

/// What a verb was given: all runs of an event, its run in one workflow, or a further run by its own id.
struct GivenRuns {
  std::string id;        ///< Of an event or a run, in lower case; may be its beginning or its end.
  std::string workflow;  ///< Empty: any.

  /// As `ID` or `ID/WORKFLOW`.
  std::string text() const { return workflow.empty() ? id : id + "/" + workflow; }
  bool operator==(const GivenRuns&) const = default;
};

/// Of the argument, for the help.
inline constexpr const char* kRunHelp =
    "Ids of events or runs, their beginnings or ends, or EVENT/WORKFLOW; - reads them from standard input";

/// How many are looked at for what was given: an event's runs, or too many anyway.
inline constexpr std::size_t kRunsLookedAt = 1000;

/// `-` stands for every word of `in`. The order is kept, repetitions are dropped. Throws UsageError when none is left.
std::vector<GivenRuns> expand_ids(const std::vector<std::string>& arguments, std::istream& in);

/// The same where one is wanted. Throws UsageError for more too.
GivenRuns expand_id(const std::string& argument, std::istream& in);

/// The runs, which are of one event. Throws NotFoundError for none, and with the candidates where several events or
/// runs are meant.
std::vector<engine::RunName> resolve_runs(const std::vector<engine::RunName>& candidates, const GivenRuns& given);
/// Of those in the checkpoints.
std::vector<engine::RunName> resolve_runs(const storage::CheckpointReader& reader, const GivenRuns& given);

}  // namespace pawl::bin
