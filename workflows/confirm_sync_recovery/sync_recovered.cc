// Names the fields, and what each has to be.
#include "workflows/confirm_sync_recovery/sync_recovered.h"

#include <array>

#include "workflows/depositlink/payload/typed_fields.h"

namespace pawl::confirm_sync_recovery {

namespace {

using depositlink::FieldForm;
using depositlink::FieldSpec;

enum Field : std::size_t { kConnectionId, kOrgId, kProvider, kLabel, kFailedAt, kRecoveredAt, kUnreadable };

constexpr std::array<FieldSpec, 7> kFields{{{"connection_id", FieldForm::kUuid},
                                            {"org_id", FieldForm::kUuid},
                                            {"provider"},
                                            {"label"},
                                            {"failed_at", FieldForm::kMoment},
                                            {"recovered_at", FieldForm::kMoment},
                                            {"unreadable"}}};

}  // namespace

SyncRecoveredReader::SyncRecoveredReader() : reader_(kFields) {}

SyncRecovered SyncRecoveredReader::read(const engine::Event& event) {
  depositlink::TypedFields fields(reader_.safe_fields(event.payload));
  fields.require_readable(kUnreadable);
  SyncRecovered recovery;
  recovery.connection_id = fields.uuid(kConnectionId);
  recovery.org_id = fields.uuid(kOrgId);
  recovery.provider = fields.provider(kProvider);
  recovery.label = fields.label(kLabel);
  recovery.failed_at = fields.moment(kFailedAt);
  recovery.recovered_at = fields.moment(kRecoveredAt);
  fields.require_all();
  return recovery;
}

}  // namespace pawl::confirm_sync_recovery
