// Says how texts are redacted.
#include "bin/operations/runs/export.h"

#include <nlohmann/json.hpp>

#include "workflows/redaction/address_mask.h"
#include "workflows/redaction/redacted_json.h"
#include "workflows/redaction/redaction.h"

namespace pawl::bin {

namespace {

// What is JSON stays so: a payload and an output are read again when their run is replayed.
std::string without_secrets(const std::string& text) {
  const bool may_be_json = !text.empty() && std::string_view("{[\"").find(text.front()) != std::string_view::npos;
  if (may_be_json && nlohmann::json::accept(text)) return redaction::redacted_json(text).value_or(text);
  return redaction::redact(text);
}

}  // namespace

storage::CheckpointCopy export_runs(const ExportOrder& order) {
  std::function<std::string(const std::string&)> redacted;
  redaction::AddressMask addresses;
  if (order.is_redacted)
    redacted = [&addresses](const std::string& text) { return addresses.masked(without_secrets(text)); };
  return storage::copy_checkpoints(order.checkpoints, order.copy, order.runs, redacted);
}

}  // namespace pawl::bin
