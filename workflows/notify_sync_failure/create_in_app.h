// The step that puts the notification into the application: one insert for a whole batch.
#pragma once

#include <nlohmann/json.hpp>

#include "engine/authoring/step.h"
#include "workflows/notify_sync_failure/content/app_url.h"
#include "workflows/notify_sync_failure/payload/sync_failed.h"
#include "workflows/notify_sync_failure/ports/inbox.h"
#include "workflows/notify_sync_failure/ports/recipients.h"
#include "workflows/text/time_zone.h"

namespace pawl::notify_sync_failure {

struct InAppRequest {
  SharedFailure failure;
  Recipients recipients;
};

struct InAppReceipt {
  int rows = 0;  ///< Recipients who have the notification now.
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(InAppReceipt, rows)

class CreateInApp final : public engine::Step<InAppRequest, InAppReceipt> {
 public:
  CreateInApp(Inbox& inbox, AppUrl app_url, engine::StepOptions options, text::TimeZone zone = {});
  std::string tenant(const InAppRequest& request) const override { return request.failure->org_id; }
  void execute(engine::Batch<InAppRequest, InAppReceipt>& batch) override;
  void check_service() override { inbox_.check_access(); }

 private:
  Notification notification_for(const engine::Item<InAppRequest, InAppReceipt>& item) const;

  Inbox& inbox_;
  AppUrl app_url_;
  text::TimeZone zone_;
};

}  // namespace pawl::notify_sync_failure
