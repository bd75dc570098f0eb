// Decides the level and the words of each notice, and writes lines as text or JSON.
#include "bin/worker/log.h"

#include <nlohmann/json.hpp>

#include "bin/output/redact.h"
#include "bin/output/terminal_text.h"
#include "bin/output/utc_text.h"
#include "bin/worker/trace_context.h"

namespace pawl::bin {

using engine::Notice;
using engine::NoticeKind;

namespace {

const char* name_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "?";
}

struct Wording {
  LogLevel level;
  const char* message;
};

Wording end_wording(std::string_view status, std::string_view detail) {
  if (status == "done" && !detail.empty()) return {LogLevel::kWarn, "run done, with something left out"};
  if (status == "done") return {LogLevel::kDebug, "run done"};
  if (status == "failed") return {LogLevel::kError, "run failed"};
  if (status == "cancelled") return {LogLevel::kWarn, "run cancelled"};
  return {LogLevel::kWarn,
          "run superseded: this outbox has it no more for this worker. Another worker has it or ended it, or these "
          "checkpoints were written beside another database"};
}

Wording wording_of(const Notice& notice) {
  switch (notice.kind) {
    case NoticeKind::kRunStarted:
      return {LogLevel::kDebug, "run started"};
    case NoticeKind::kRunResumed:
      return {LogLevel::kInfo, "run resumed"};
    case NoticeKind::kRunEnded:
      return end_wording(notice.subject, notice.detail);
    case NoticeKind::kRunCancelled:
      return {LogLevel::kInfo, "run is being cancelled: nothing of it starts but what makes good"};
    case NoticeKind::kRetryNow:
      return {LogLevel::kInfo, "run is tried again at once"};
    case NoticeKind::kRunMisfit:
      return {LogLevel::kError, "run parked until a build that fits it runs"};
    case NoticeKind::kRunsLeft:
      return {LogLevel::kInfo, "runs of workflows that this worker does not run are left to workers that do"};
    case NoticeKind::kRunsPruned:
      return {LogLevel::kInfo, "removed ended runs that are older than retention from the checkpoints"};
    case NoticeKind::kAttemptFailed:
      return {LogLevel::kWarn, "attempt failed, will be tried again"};
    case NoticeKind::kStepFailed:
      return {LogLevel::kError, "step failed for good"};
    case NoticeKind::kCircuitOpened:
      return {LogLevel::kError, "step paused: its service is down or refuses everybody"};
    case NoticeKind::kCircuitClosed:
      return {LogLevel::kInfo, "step goes on: its service answers again"};
    case NoticeKind::kOutboxDown:
      return {LogLevel::kError, "outbox unreachable, trying again"};
    case NoticeKind::kOutboxUp:
      return {LogLevel::kInfo, "outbox answers again"};
    case NoticeKind::kCheckpointsDown:
      return {LogLevel::kError, "checkpoints cannot be written: nothing new starts"};
    case NoticeKind::kCheckpointsUp:
      return {LogLevel::kInfo, "checkpoints can be written again"};
  }
  return {LogLevel::kError, "unknown notice"};
}

/// The host's clock as it is now: a log is read beside other logs of the host.
std::string now_text() {
  return utc_text(std::chrono::time_point_cast<engine::Duration>(std::chrono::system_clock::now()));
}

std::string json_line(LogLevel level, std::string_view message, std::initializer_list<Log::Field> fields,
                      const redaction::OwnSecrets& secrets) {
  nlohmann::ordered_json object{{"time", now_text()}, {"level", name_of(level)}, {"msg", message}};
  for (const auto& [name, value] : fields)
    if (!value.empty()) object[std::string(name)] = redacted(value, secrets);
  return terminal_json(object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

std::string text_line(LogLevel level, std::string_view message, std::initializer_list<Log::Field> fields,
                      const redaction::OwnSecrets& secrets) {
  std::string line = now_text() + " " + name_of(level) + " " + std::string(message);
  for (const auto& [name, value] : fields)
    if (!value.empty()) line += " " + std::string(name) + "=" + redacted(value, secrets);
  return terminal_line(line);
}

}  // namespace

void Log::on(const Notice& notice) {
  const Wording wording = wording_of(notice);
  if (wording.level < options_.level) return;
  const std::string attempt = notice.attempt > 0 ? std::to_string(notice.attempt) : "";
  const bool ended = notice.kind == NoticeKind::kRunEnded;
  const bool with_note = (ended && (notice.subject == "done" || notice.subject == "cancelled")) ||
                         notice.kind == NoticeKind::kRunCancelled || notice.kind == NoticeKind::kRetryNow;
  const bool counts_runs = notice.kind == NoticeKind::kRunsLeft || notice.kind == NoticeKind::kRunsPruned;
  const TraceContext trace = trace_of(notice.traceparent);
  line(wording.level, wording.message,
       {{"run", notice.run_id},
        {"event", notice.event_id},
        {"workflow", notice.workflow},
        {"step", notice.step},
        {"key", notice.key},
        {"attempt", attempt},
        {"status", ended ? notice.subject : std::string_view{}},
        {"trace_id", trace.trace_id},
        {"span_id", trace.span_id},
        {counts_runs ? "runs"
         : with_note ? "note"
                     : "error",
         notice.detail}});
}

void Log::line(LogLevel level, std::string_view message, std::initializer_list<Field> fields) {
  if (level < options_.level) return;
  const std::lock_guard lock(mutex_);
  const std::string lost = std::to_string(lost_);
  if (lost_ > 0 && put(LogLevel::kWarn, "log lines were lost: they could not be written", {{"lines", lost}})) lost_ = 0;
  if (!put(level, message, fields)) ++lost_;
}

bool Log::put(LogLevel level, std::string_view message, std::initializer_list<Field> fields) {
  std::string text = options_.json ? json_line(level, message, fields, *options_.secrets)
                                   : text_line(level, message, fields, *options_.secrets);
  text = in_name_of(options_.program, std::move(text)) + '\n';
  if (options_.clear_line) text.insert(0, "\r\x1b[K");
  out_ << text << std::flush;
  const bool taken = out_.good();
  out_.clear();
  return taken;
}

}  // namespace pawl::bin
