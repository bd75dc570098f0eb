// The step that finds who was told of the outage, once all of its failures have been told.
#pragma once

#include <string>

#include "engine/authoring/step.h"
#include "workflows/confirm_sync_recovery/told.h"

namespace pawl::confirm_sync_recovery {

/// However long a failure's run takes, as over a relay that is down, its recovery is told behind it.
inline constexpr engine::RetryPolicy kFindRetry{
    .first = std::chrono::seconds{1}, .longest = std::chrono::minutes{1}, .max_attempts = 0};

class FindTold final : public engine::Step<Outage, depositlink::Recipients> {
 public:
  FindTold(ToldDirectory& directory, engine::StepOptions options);
  std::string tenant(const Outage& outage) const override { return outage.org_id; }
  void execute(engine::Batch<Outage, depositlink::Recipients>& batch) override;
  void check_service() override { directory_.check_access(); }

 private:
  ToldDirectory& directory_;
};

}  // namespace pawl::confirm_sync_recovery
