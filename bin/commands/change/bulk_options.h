// What a verb takes to act on many runs: filters, a rate, and the leave to do it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bin/operations/changes/bulk.h"
#include "bin/output/console.h"
#include "bin/settings/exit_code.h"
#include "bin/settings/settings.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace pawl::bin {

/// A verb adopts it by a member that it constructs with its command, and a line in its run():
///   if (bulk_.asked(ids_)) return bulk_.run(settings, console, note_);
class BulkOptions {
 public:
  /// Declares the options on the verb's command. `verb` is resume, requeue, cancel or retry-now; the first two
  /// take --failed, --step and --error-like too, and retry-now --step.
  BulkOptions(CLI::App& command, std::string verb);

  /// Whether many runs are meant: no id was given. Throws UsageError where both ids and filters were, or ids and a rate
  /// that the verb has only for batches, and for an option without a value, which would widen or hasten what is meant.
  bool asked(const std::vector<std::string>& ids) const;
  /// Runs a second; 0: none was given. Throws UsageError.
  double rate() const;

  /// Previews, or makes the batch with --yes; with no filter it refuses and says how many runs there are. With --sql it
  /// prints the preview's query instead, and asks nobody.
  ExitCode run(const Settings& settings, Console& console, const std::string& note);

 private:
  bool on_failed() const { return verb_ == "resume" || verb_ == "requeue"; }
  bool filtered() const;
  ExitCode refuse_unfiltered(const Settings& settings, Console& console) const;
  ExitCode preview(const Settings& settings, Console& console) const;
  void tell_unknown_workflow(const Settings& settings, Console& console) const;
  ExitCode nothing(const Settings& settings, Console& console) const;
  void tell_who_runs(const MadeBatch& made, const Settings& settings, Console& console) const;
  ExitCode make(const Settings& settings, Console& console, const std::string& note) const;

  const std::string verb_;
  std::vector<CLI::Option*> filters_;
  CLI::Option* rate_option_ = nullptr;
  bool all_failed_ = false;
  bool yes_ = false;
  bool sql_ = false;
  std::string since_, until_, rate_;
  BulkFilter filter_;
};

}  // namespace pawl::bin
