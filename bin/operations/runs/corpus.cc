// Groups what does not fit by what all runs of a kind have in common.
#include "bin/operations/runs/corpus.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "engine/authoring/uuid.h"

namespace pawl::bin {

namespace {

constexpr std::size_t kExamples = 3;
constexpr std::size_t kKinds = 100;
constexpr std::size_t kIdLength = 36;

template <class Steps>
std::string names_of(const Steps& steps) {
  std::set<std::string> names;
  for (const engine::StepKey& step : steps) names.insert(step.step);
  std::string list;
  for (const std::string& name : names) list.append(list.empty() ? "" : ", ").append(name);
  return list;
}

// Items go by their keys, which stand in brackets behind the step.
std::string without_keys(std::string text, const engine::StoredRun& run, const engine::ReplayReport& report) {
  const auto drop = [&text](const engine::StepKey& step) {
    if (step.key.empty()) return;
    std::string key = " (";
    key.append(step.key).append(")");
    for (std::size_t at = 0; (at = text.find(key, at)) != std::string::npos;) text.erase(at, key.size());
  };
  for (const auto& settled : run.steps) drop(settled.step);
  for (const auto& retry : run.retries) drop(retry.step);
  for (const auto& step : report.next) drop(step);
  return text;
}

// What somebody else's message quotes is a value; an apostrophe within a word opens no quotes.
std::string without_quoted(const std::string& text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    plain += text[at];
    const bool in_word = at > 0 && std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0;
    if (text[at] != '"' && (text[at] != '\'' || in_word)) continue;
    const std::size_t end = text.find(text[at], at + 1);
    if (end == std::string::npos) continue;
    plain.append("\xE2\x80\xA6") += text[end];
    at = end;
  }
  return plain;
}

// An id or a number is an ellipsis.
std::string without_ids(const std::string& text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size();) {
    const auto is_digit = [&](std::size_t i) { return std::isdigit(static_cast<unsigned char>(text[i])) != 0; };
    std::size_t end = at;
    if (engine::is_uuid(text.substr(at, kIdLength))) {
      end = at + kIdLength;
    } else {
      while (end < text.size() && is_digit(end)) ++end;
    }
    if (end == at) {
      plain += text[at++];
      continue;
    }
    plain += "\xE2\x80\xA6";
    at = end;
  }
  return plain;
}

}  // namespace

engine::ReplayReport replay_with(std::span<const engine::WorkflowDefinition> build, const engine::StoredRun& run) {
  const auto found = std::ranges::find(build, run.event.workflow, &engine::WorkflowDefinition::name);
  if (found != build.end()) return engine::replay(*found, run);
  engine::ReplayReport unknown;
  unknown.misfit = "no workflow named " + run.event.workflow;
  unknown.mismatches.push_back(unknown.misfit);
  return unknown;
}

// A step that cannot be read hides whatever follows it, so it is named first. What waits for a step behind a renamed
// one is told with that one, which is the cause.
std::string misfit_kind(const engine::StoredRun& run, const engine::ReplayReport& report) {
  if (report.mismatches.empty()) return {};
  const std::string recorded = names_of(report.never_asked), asked = names_of(report.next);
  std::string kind;
  if (!report.misfit.empty()) {
    kind = without_ids(without_quoted(without_keys(report.misfit, run, report)));
    if (recorded.empty() || asked.empty()) return kind;
    kind += "; ";
  }
  if (recorded.empty()) return without_ids(without_quoted(without_keys(report.mismatches.front(), run, report)));
  if (asked.empty()) return kind.append("its checkpoints have ").append(recorded).append(", and it is never asked for");
  return kind.append("step ").append(asked).append(" is asked for, its checkpoints have ").append(recorded);
}

CorpusReport replay_corpus(const storage::CheckpointReader& reader, const storage::RunFilter& filter,
                           std::span<const engine::WorkflowDefinition> build,
                           const std::function<void(const std::string& run_id)>& misfit) {
  CorpusReport corpus;
  std::map<std::pair<std::string, std::string>, MisfitKind> kinds;
  reader.each_run(filter, [&](const engine::StoredRun& run) {
    ++corpus.replayed;
    const std::string what = misfit_kind(run, replay_with(build, run));
    if (what.empty()) return;
    ++corpus.misfits;
    MisfitKind& kind = kinds[{run.event.workflow, what}];
    if (kind.runs++ < kExamples) kind.examples.push_back(run.event.id);
    misfit(run.event.id);
  });
  for (auto& [name, kind] : kinds) {
    kind.workflow = name.first;
    kind.what = name.second;
    corpus.kinds.push_back(std::move(kind));
  }
  std::ranges::stable_sort(corpus.kinds, std::ranges::greater{}, &MisfitKind::runs);
  corpus.more_kinds = corpus.kinds.size() - std::min(corpus.kinds.size(), kKinds);
  corpus.kinds.resize(corpus.kinds.size() - corpus.more_kinds);
  return corpus;
}

}  // namespace pawl::bin
