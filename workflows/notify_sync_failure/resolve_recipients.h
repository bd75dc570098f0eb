// The step that finds whom to tell: one query for all organisations of a batch.
#pragma once

#include "engine/step.h"
#include "workflows/notify_sync_failure/recipients.h"
#include "workflows/notify_sync_failure/sync_failed.h"

namespace pawl::notify_sync_failure {

class ResolveRecipients final : public engine::Step<SyncFailed, Recipients> {
 public:
  ResolveRecipients(RecipientDirectory& directory, engine::StepOptions options);
  void execute(engine::Batch<SyncFailed, Recipients>& batch) override;

 private:
  RecipientDirectory& directory_;
};

}  // namespace pawl::notify_sync_failure
