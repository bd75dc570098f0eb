// Names the fields, and what each has to be.
#include "workflows/notify_sync_failure/payload/sync_failed.h"

#include <array>

#include "workflows/depositlink/payload/typed_fields.h"

namespace pawl::notify_sync_failure {

namespace {

using depositlink::FieldForm;
using depositlink::FieldSpec;

enum Field : std::size_t {
  kConnectionId,
  kSyncLogId,
  kOrgId,
  kProvider,
  kLabel,
  kErrorMessage,
  kOccurredAt,
  kUnreadable,
};

constexpr std::array<FieldSpec, 8> kFields{{{"connection_id", FieldForm::kUuid},
                                            {"sync_log_id", FieldForm::kUuid},
                                            {"org_id", FieldForm::kUuid},
                                            {"provider"},
                                            {"label"},
                                            {"error_message"},
                                            {"occurred_at", FieldForm::kMoment},
                                            {"unreadable"}}};

}  // namespace

SyncFailedReader::SyncFailedReader() : reader_(kFields) {}

SyncFailed SyncFailedReader::read(const engine::Event& event) {
  depositlink::TypedFields fields(reader_.safe_fields(event.payload));
  fields.require_readable(kUnreadable);
  SyncFailed failure;
  failure.connection_id = fields.uuid(kConnectionId);
  failure.sync_log_id = fields.uuid(kSyncLogId);
  failure.org_id = fields.uuid(kOrgId);
  failure.provider = fields.provider(kProvider);
  failure.label = fields.label(kLabel);
  failure.error_message = fields.optional_string(kErrorMessage);
  failure.occurred_at = fields.moment(kOccurredAt);
  fields.require_all();
  return failure;
}

}  // namespace pawl::notify_sync_failure
