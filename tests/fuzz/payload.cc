// Fuzzes the payload of an event: what is read of it, kept of it and archived of it.
#include <nlohmann/json.hpp>

#include "engine/authoring/errors.h"
#include "tests/fuzz/target.h"
#include "workflows/notify_sync_failure/payload/sync_failed.h"
#include "workflows/text/plain_text.h"
#include "workflows/text/utf8.h"

using namespace pawl;
using namespace pawl::text;
using namespace pawl::notify_sync_failure;

namespace {

constexpr std::size_t kErrorMax = 2000;       // characters of an error message
constexpr std::size_t kReasonMax = 2500;      // bytes of the reason why a payload cannot be read, besides that
constexpr std::size_t kKeptMax = 512 * 1024;  // bytes

void require_shown(const std::string& text, std::size_t characters_max) {
  fuzz::require(valid_utf8(text) == text, "a field is valid UTF-8");
  fuzz::require(shortened(text, characters_max) == text, "a field is bounded");
  fuzz::require(plain_lines(text) == text || plain_line(text) == plain_line(plain_lines(text)), "a field is plain");
}

// What reading a payload comes to, as one text.
std::string outcome_of(const std::string& payload) try {
  engine::Event event;
  event.id = "0f8fad5b-d9cb-469f-a165-70867728950e";
  event.payload = payload;
  const SyncFailed failure = SyncFailedReader().read(event);
  for (const std::string& text : {failure.provider, failure.label}) require_shown(text, 120);
  require_shown(failure.error_message, kErrorMax);
  return "read: " + failure.connection_id + failure.sync_log_id + failure.org_id + failure.provider + "\n" +
         failure.label + "\n" + failure.error_message + "\n" + failure.occurred_at;
} catch (const engine::PermanentError& error) {
  const std::string reason = error.what();
  fuzz::require(valid_utf8(reason) == reason, "a reason is valid UTF-8");
  fuzz::require(reason.size() <= 4 * kErrorMax + kReasonMax, "a reason is bounded");
  return reason;
}

void check(const std::string& payload) {
  SyncFailedReader reader;
  const std::string kept = reader.to_keep(payload);
  fuzz::require(kept.size() <= kKeptMax, "what is kept is bounded");
  fuzz::require(nlohmann::json::accept(kept), "what is kept is JSON");
  if (kept != "null") {
    fuzz::require(outcome_of(kept) == outcome_of(payload), "what is kept reads as the original does");
    fuzz::require(SyncFailedReader().to_keep(kept) == kept, "keeping twice changes nothing");
  } else {
    fuzz::require(!outcome_of(payload).starts_with("read: "), "what can be read is kept");
  }
  const auto archived = reader.to_archive(payload);
  if (archived && nlohmann::json::accept(payload))
    fuzz::require(nlohmann::json::accept(*archived), "the archive gets JSON where there was some");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string payload = fuzz::Input(bytes, size).rest();
  // The end of what the reader made itself, which Postgres never writes so.
  if (!payload.ends_with("\"redacted\":true}")) check(payload);
  return 0;
}
