// The step that finds who was told of the outage, once all of its failures have been told.
#pragma once

#include <string>

#include "engine/authoring/step.h"
#include "workflows/confirm_sync_recovery/notified_users.h"

namespace pawl::confirm_sync_recovery {

/// However long a failure's run takes, as over a relay that is down, its recovery is told behind it.
inline constexpr engine::RetryPolicy kFindRetry{
    .first = std::chrono::seconds{1}, .longest = std::chrono::minutes{1}, .max_attempts = 0};

class FindNotified final : public engine::Step<Outage, depositlink::Recipients> {
 public:
  FindNotified(NotifiedUsers& users, engine::StepOptions options);
  std::string tenant(const Outage& outage) const override { return outage.org_id; }
  void execute(engine::Batch<Outage, depositlink::Recipients>& batch) override;
  void check_service() override { users_.check_access(); }

 private:
  NotifiedUsers& users_;
};

}  // namespace pawl::confirm_sync_recovery
