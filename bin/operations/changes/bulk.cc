// Calls pawl.preview_batch and pawl.make_batch, which select by one function.
#include "bin/operations/changes/bulk.h"

#include <array>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "bin/operations/runs/query_text.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/text/array_literal.h"
#include "storage/postgres/text/sql_text.h"
#include "workflows/text/utc_time.h"

namespace pawl::bin {

namespace {

const std::string kPreviewOrder = "order by left_out nulls first, runs desc, workflow, step, reason";

std::string utc(const std::string& moment) { return storage::utc_text(moment, storage::Fraction::kMicroseconds); }

// What is so long ago is asked of the clock that the runs' times are of.
std::string moment_text(storage::PostgresConnection& connection, const FilterTime& time) {
  if (const auto* at = std::get_if<engine::Timestamp>(&time)) return text::to_rfc3339(*at);
  if (const auto* ago = std::get_if<engine::Duration>(&time))
    return connection
        .run("ask for the time", "select " + utc("(now() - $1::bigint * interval '1 us')"),
             {std::to_string(ago->count())})
        .string(0, 0);
  return "";
}

// The filter's texts, by the names that Postgres knows them by; the empty ones too.
std::array<std::pair<const char*, std::string>, 6> texts_of(const BulkFilter& filter) {
  return {{{"workflow", filter.workflow},
           {"step", filter.step},
           {"error_like", filter.error_like},
           {"connection", filter.connection},
           {"org", filter.org},
           {"user", filter.user}}};
}

std::string filter_json(storage::PostgresConnection& connection, const BulkFilter& filter) {
  auto json = nlohmann::json::object();
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) json[name] = storage::storable_text(value);
  };
  add("since", moment_text(connection, filter.since));
  add("until", moment_text(connection, filter.until));
  for (const auto& [name, value] : texts_of(filter)) add(name, value);
  return json.dump();
}

std::string moment_sql(const FilterTime& time) {
  if (const auto* at = std::get_if<engine::Timestamp>(&time)) return storage::sql_literal(text::to_rfc3339(*at));
  if (const auto* ago = std::get_if<engine::Duration>(&time))
    return "now() - interval '" + std::to_string(ago->count()) + " us'";
  return "";
}

std::string filter_sql(const BulkFilter& filter) {
  std::string members;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) members.append(members.empty() ? "'" : ", '").append(name).append("', ").append(value);
  };
  add("since", moment_sql(filter.since));
  add("until", moment_sql(filter.until));
  for (const auto& [name, value] : texts_of(filter))
    if (!value.empty()) add(name, storage::sql_literal(storage::storable_text(value)));
  return "jsonb_build_object(" + members + ")";
}

// With all of its digits: a slow one is not to become 0, which is none.
std::string exact(double number) {
  std::ostringstream text;
  text.precision(17);
  text << number;
  return text.str();
}

}  // namespace

std::vector<BulkGroup> preview_bulk(const storage::PostgresAddress& address, const std::string& verb,
                                    const BulkFilter& filter) {
  storage::PostgresConnection connection(address);
  const storage::Rows rows =
      connection.run("preview " + verb,
                     "select workflow, step, reason, runs, " + utc("first_at") + ", " + utc("last_at") +
                         ", example, left_out from pawl.preview_batch($1, $2::jsonb) " + kPreviewOrder,
                     {verb, filter_json(connection, filter)});
  std::vector<BulkGroup> groups;
  for (std::size_t row = 0; row < rows.size(); ++row)
    groups.push_back({rows.string(row, 0), rows.string(row, 1), rows.string(row, 2), rows.integer(row, 3),
                      rows.string(row, 4), rows.string(row, 5), rows.string(row, 6), rows.string(row, 7)});
  return groups;
}

std::string preview_sql(const std::string& verb, const BulkFilter& filter) {
  return QueryText("*", "pawl.preview_batch(" + storage::sql_literal(verb) + ", " + filter_sql(filter) + ")")
      .text(kPreviewOrder);
}

std::int64_t runs_in(const std::vector<BulkGroup>& groups) {
  std::int64_t runs = 0;
  for (const BulkGroup& group : groups)
    if (group.left_out.empty()) runs += group.runs;
  return runs;
}

std::int64_t left_out_of(const std::vector<BulkGroup>& groups) {
  std::int64_t runs = 0;
  for (const BulkGroup& group : groups)
    if (!group.left_out.empty()) runs += group.runs;
  return runs;
}

MadeBatch make_batch(const storage::PostgresAddress& address, const BulkRequest& request) {
  storage::PostgresConnection connection(address);
  const storage::Rows rows = connection.run(
      "make a batch to " + request.verb,
      "select coalesce(batch, 0), runs, array_to_string(workflows, ',') from pawl.make_batch($1, "
      "$2::jsonb, $3, nullif($4, ''), $5::float8, $6::uuid)",
      {request.verb, filter_json(connection, request.filter), storage::storable_text(request.requested_by),
       storage::storable_text(request.note), exact(request.rate), storage::choose_request(connection)});
  MadeBatch made{rows.integer(0, 0), rows.integer(0, 1), {}};
  std::istringstream workflows(rows.string(0, 2));
  for (std::string workflow; std::getline(workflows, workflow, ',');) made.workflows.push_back(workflow);
  return made;
}

}  // namespace pawl::bin
