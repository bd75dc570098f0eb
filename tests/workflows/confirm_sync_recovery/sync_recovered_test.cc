// What a payload must be, and what is said about one that is not.
#include "workflows/confirm_sync_recovery/sync_recovered.h"

#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/workflows/confirm_sync_recovery/doubles.h"

using namespace pawl::confirm_sync_recovery;
using nlohmann::json;

namespace {

std::string refusal_with(const std::string& field, const json& value) {
  json payload = sample_payload();
  payload[field] = value;
  try {
    SyncRecoveredReader().read(event_of(payload.dump()));
  } catch (const pawl::engine::PermanentError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("a payload as the trigger writes it is read field by field") {
  const SyncRecovered recovery = SyncRecoveredReader().read(event_of(sample_payload().dump()));
  const SyncRecovered expected = sample_recovery();
  CHECK(recovery.connection_id == expected.connection_id);
  CHECK(recovery.org_id == expected.org_id);
  CHECK(recovery.provider == "Reapit");
  CHECK(recovery.label == expected.label);
  CHECK(recovery.failed_at == expected.failed_at);
  CHECK(recovery.recovered_at == expected.recovered_at);
}

TEST_CASE("a field that is not what it must be is named") {
  CHECK(refusal_with("org_id", 7) == "payload.org_id: expected a UUID string, got number");
  CHECK(refusal_with("connection_id", "x") == "payload.connection_id: expected a UUID string, got \"x\"");
  CHECK(refusal_with("failed_at", "soon") == "payload.failed_at: expected an RFC 3339 time, got \"soon\"");
  CHECK(refusal_with("recovered_at", nullptr) == "payload.recovered_at: expected an RFC 3339 time, got null");
  CHECK(refusal_with("provider", "") == "payload.provider: expected a non-empty string, got \"\"");
  CHECK(refusal_with("label", nullptr) == "accepted");
  CHECK(refusal_with("others", "x") == "accepted");
  CHECK_THAT(refusal_with("unreadable", "permission denied for table pms_connections"),
             Catch::Contains("could not read what the event is about: permission denied for table"));
}

TEST_CASE("what is kept of a payload reads as it does, without its secrets") {
  json payload = sample_payload();
  payload["label"] = "password=hunter2hunter2";
  SyncRecoveredReader reader;
  const std::string kept = reader.to_keep(payload.dump());
  CHECK_THAT(kept, !Catch::Contains("hunter2"));
  CHECK(reader.read(event_of(kept)).label == reader.read(event_of(payload.dump())).label);
  CHECK_THAT(reader.to_archive(payload.dump()).value_or("as it is"), !Catch::Contains("hunter2"));
}
