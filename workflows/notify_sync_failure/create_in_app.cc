// Posts what has recipients; where nobody is to be told, nothing is posted and the step succeeds.
#include "workflows/notify_sync_failure/create_in_app.h"

#include "engine/faults/crash_point.h"
#include "workflows/notify_sync_failure/content/content.h"

namespace pawl::notify_sync_failure {

CreateInApp::CreateInApp(Inbox& inbox, AppUrl app_url, engine::StepOptions options, text::TimeZone zone)
    : Step("create-in-app", options), inbox_(inbox), app_url_(std::move(app_url)), zone_(zone) {}

void CreateInApp::execute(engine::Batch<InAppRequest, InAppReceipt>& batch) {
  std::vector<Notification> notifications;
  for (const auto& item : batch)
    if (!item.input().recipients.user_ids.empty()) notifications.push_back(notification_for(item));

  std::vector<int> rows;
  engine::crash_point(engine::CrashPoint::kBeforeInApp);
  if (!notifications.empty()) rows = inbox_.post(notifications);
  engine::crash_point(engine::CrashPoint::kAfterInApp);

  std::size_t posted = 0;
  for (auto& item : batch) item.succeed({item.input().recipients.user_ids.empty() ? 0 : rows.at(posted++)});
}

Notification CreateInApp::notification_for(const engine::Item<InAppRequest, InAppReceipt>& item) const {
  const InAppRequest& request = item.input();
  InAppContent content = in_app_content(*request.failure, request.recipients.org_name, app_url_, zone_);
  return {.event_id = item.event_id(),
          .org_id = request.failure->org_id,
          .kind = "pms.sync_failed",
          .urgency = "urgent",
          .title = std::move(content.title),
          .body = std::move(content.body),
          .link = std::move(content.link),
          .data = std::move(content.details),
          .user_ids = request.recipients.user_ids,
          .again = item.again()};
}

}  // namespace pawl::notify_sync_failure
