// The SQL that chooses events by their bytes, and reads them.
#include "storage/outbox/claimed_events.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "storage/postgres/text/sql_text.h"

namespace pawl::storage {

namespace {

// A producer may have written anything: what is much longer than the header may be is none.
std::string traceparent_of(std::string header) {
  constexpr std::size_t kLongest = 128;
  return header.size() > kLongest ? std::string() : std::move(header);
}

std::string in_ascii(const std::string& text) { return "regexp_replace(" + text + ", '[^[:ascii:]]', '?', 'g')"; }

}  // namespace

const std::string& tenant_key() {
  static const std::string key = "coalesce(o.headers->>'tenant', o.aggregateid)";
  return key;
}

std::string event_columns(const std::string& payload_max, Texts texts) {
  const std::string too_large = "o.payload_bytes > " + payload_max;
  const auto text = [&](const std::string& column) { return texts == Texts::kInAscii ? in_ascii(column) : column; };
  return "o.position, o.id, " + text("o.type") + ", " + text("o.aggregatetype") + ", " + text("o.aggregateid") +
         ", case when " + too_large + " then null else o.payload::text end, " + microseconds_of("o.created_at") +
         ", o.deliveries, o.resumes, o.workflow, o.event, " + text(tenant_key()) + ", case when " + too_large +
         " then o.payload_bytes else 0 end, " + text("o.headers->>'traceparent'") + ", (select count(*) from picked)," +
         text(
             " case when o.mark = 'cancel' or o.parent is not null or o.effects_of is not null then json_build_object("
             "'cancel', o.mark = 'cancel', 'by', o.marked_by, 'note', o.mark_note, 'asked_at',"
             " " +
             microseconds_of("o.marked_at") +
             ", 'parent', o.parent, 'from_step', o.from_step,"
             " 'effects_of', o.effects_of, 'stands_for', o.stands_for)::text end");
}

std::string picked_and_fitting(const std::string& which, const std::string& bytes) {
  return "with picked as materialized (select o.ctid as place, o.position, o.payload_bytes from pawl.outbox o where " +
         which +
         "), fitting as materialized (select place from (select place, sum(payload_bytes) over (order by position)"
         " - payload_bytes as before from picked) p where before < " +
         bytes + ")";
}

namespace {

void add_what_is_rare(engine::Event& event, std::string_view json) {
  const auto rare = nlohmann::json::parse(json);
  const auto text = [&](const char* name) {
    const auto& value = rare.at(name);
    return value.is_null() ? std::string() : value.get<std::string>();
  };
  if (!rare.at("parent").is_null() || !rare.at("effects_of").is_null())
    event.lineage = engine::Lineage{text("parent"), text("from_step"), text("effects_of"), text("stands_for")};
  if (rare.at("cancel") == true) {
    const auto& asked_at = rare.at("asked_at");
    event.cancel = engine::Cancellation{
        text("by"), text("note"),
        engine::Timestamp(engine::Duration(asked_at.is_null() ? 0 : asked_at.get<std::int64_t>()))};
  }
}

}  // namespace

engine::Event event_from(const Rows& rows, std::size_t row) {
  engine::Event event;
  event.position = rows.integer(row, 0);
  event.id = rows.string(row, 1);
  event.type = rows.string(row, 2);
  event.aggregate_type = rows.string(row, 3);
  event.aggregate_id = rows.string(row, 4);
  event.payload = rows.string(row, 5);
  event.created_at = engine::Timestamp(engine::Duration(rows.integer(row, 6)));
  event.deliveries = static_cast<int>(rows.integer(row, 7));
  event.resumes = static_cast<int>(rows.integer(row, 8));
  event.workflow = rows.string(row, 9);
  event.further_run_of = rows.string(row, 10);
  event.left_out = rows.integer(row, kLeftOutColumn);
  event.traceparent = traceparent_of(rows.string(row, kTraceColumn));
  if (const std::string_view rare = rows.text(row, kRareColumn); !rare.empty()) add_what_is_rare(event, rare);
  if (const std::string_view key = rows.text(row, kKeyColumn); key != event.aggregate_id) event.tenant = key;
  return event;
}

}  // namespace pawl::storage
