// Remembers the last payload, and what has been made of it.
#include "workflows/depositlink/payload/payload_reader.h"

#include <string_view>

#include "engine/authoring/errors.h"
#include "workflows/redaction/redacted_json.h"

namespace pawl::depositlink {

namespace {

using engine::PermanentError;

// Ends what is kept of a payload with secrets. Postgres writes a blank behind each colon, so that none ends with it.
constexpr std::string_view kMark = ",\"redacted\":true}";

// Of a larger payload no more is archived than what is kept of it: redacting all of it would keep the engine's thread
// from every other run, for a second of some megabytes.
constexpr std::size_t kRedactedMax = 256 * 1024;

// What is kept of a payload that no run can read.
constexpr std::string_view kNothing = "null";

std::string marked(std::string kept) {
  return kept.replace(kept.size() - 1, 1, kept == "{}" ? kMark.substr(1) : kMark);
}

}  // namespace

void PayloadReader::remember(const std::string& payload) {
  if (known_ && payload == payload_) return;
  fields_.reset();
  archive_.reset();
  payload_ = payload;
  known_ = true;
}

const PayloadFields& PayloadReader::safe_fields(const std::string& payload) {
  remember(payload);
  if (!fields_) fields_ = pick_fields(payload, specs_, texts_);
  return *fields_;
}

std::string PayloadReader::to_keep(const std::string& payload) {
  const bool has_secrets = to_archive(payload).has_value();
  std::string kept = "{}";
  try {
    kept = to_json(safe_fields(payload));
  } catch (const PermanentError&) {  // the run fails for it, and says why it cannot be read
    return std::string(kNothing);
  }
  return has_secrets ? marked(std::move(kept)) : kept;
}

std::string PayloadReader::kept_of_large(const std::string& payload) try {
  return marked(to_json(safe_fields(payload)));
} catch (const PermanentError&) {
  return marked("{\"bytes\":" + std::to_string(payload.size()) + "}");
}

// What nothing had to be done to is not looked at again: that is nearly all.
std::optional<std::string> PayloadReader::to_archive(const std::string& payload) {
  remember(payload);
  if (payload.ends_with(kMark.substr(1)) || payload == kNothing) return payload;
  if (archive_) return *archive_;
  try {
    if (const PayloadFields& fields = safe_fields(payload); !fields.others && !fields.altered) return std::nullopt;
  } catch (const PermanentError&) {  // no workflow can read it; what its strings hold is redacted all the same
  }
  archive_ = payload.size() > kRedactedMax ? kept_of_large(payload) : redaction::redacted_json(payload);
  return *archive_;
}

}  // namespace pawl::depositlink
