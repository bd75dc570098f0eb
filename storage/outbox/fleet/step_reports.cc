// Writes the reports under the fence.
#include "storage/outbox/fleet/step_reports.h"

#include <optional>
#include <string>

#include "storage/postgres/fence.h"
#include "storage/postgres/text/array_literal.h"

namespace pawl::storage {

namespace {

// Times go as ages, so that the clocks of hosts need not agree. What is reported of a step replaces what was; of steps
// that are not reported nothing is left.
const std::string kReport =
    "with " + fence({.columns = ", store, host"}) +
    ", told as (select * from unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[],"
    " $8::int[], $9::bigint[]) t (step, workflows, reason, paused, probe, held, calls, oldest)),"
    " silenced as (delete from pawl.step_reports r using mine where r.epoch = mine.epoch"
    " and r.step <> all($2::text[])),"
    " reported as (insert into pawl.step_reports as r (epoch, store, host, step, workflows, reason, paused_since,"
    " next_probe_at, held, calls, oldest_call_since)"
    " select mine.epoch, mine.store, mine.host, t.step, string_to_array(t.workflows, chr(10)), nullif(t.reason, ''),"
    " clock_timestamp() - t.paused * interval '1 us', clock_timestamp() + t.probe * interval '1 us', t.held, t.calls,"
    " clock_timestamp() - t.oldest * interval '1 us' from mine cross join told t"
    " on conflict (epoch, step) do update set workflows = excluded.workflows, reason = excluded.reason,"
    " paused_since = excluded.paused_since, next_probe_at = excluded.next_probe_at, held = excluded.held,"
    " calls = excluded.calls, oldest_call_since = excluded.oldest_call_since, reported_at = clock_timestamp())"
    " select " +
    kLeaseHeld;

// Elements of an array of bigint; what is nothing is null there.
class Ages {
 public:
  void add(std::optional<engine::Duration> age) {
    text_ += (text_.empty() ? "" : ",") + (age ? std::to_string(age->count()) : std::string("null"));
  }
  std::string text() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

std::string lines(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : "\n") + word;
  return text;
}

std::optional<engine::Duration> since(const std::optional<engine::Timestamp>& moment, engine::Timestamp now) {
  return moment ? std::optional(now - *moment) : std::nullopt;
}

}  // namespace

void write_step_reports(PostgresConnection& connection, std::int64_t epoch, std::span<const engine::StepReport> steps,
                        engine::Timestamp now) {
  ArrayLiteral names, workflows, reasons, held, calls;
  Ages paused, probes, oldest;
  for (const engine::StepReport& step : steps) {
    names.add(step.step);
    workflows.add(lines(step.workflows));
    reasons.add(storable_text(step.reason));
    const bool is_paused = !step.reason.empty();
    paused.add(is_paused ? since(step.paused_since, now) : std::nullopt);
    probes.add(step.next_probe_at ? std::optional(*step.next_probe_at - now) : std::nullopt);
    held.add(static_cast<std::int64_t>(step.held));
    calls.add(static_cast<std::int64_t>(step.calls));
    oldest.add(since(step.oldest_call, now));
  }
  const Rows rows = connection.run("report steps that do not move", kReport,
                                   {std::to_string(epoch), names.text(), workflows.text(), reasons.text(),
                                    paused.text(), probes.text(), held.text(), calls.text(), oldest.text()});
  require_lease(rows.boolean(0, 0), "report steps that do not move", epoch);
}

}  // namespace pawl::storage
