// Posts what has recipients; where nobody is to be told, nothing is posted and the step succeeds.
#include "workflows/depositlink/create_in_app.h"

#include "engine/faults/crash_point.h"
#include "workflows/depositlink/crash_points.h"

namespace pawl::depositlink {

namespace {

Notification notification_for(const engine::Item<InAppRequest, InAppReceipt>& item) {
  const InAppRequest& request = item.input();
  InAppContent content = request.note->in_app();
  return {.effects_id = item.effects_id(),
          .org_id = request.org_id,
          .kind = std::move(content.kind),
          .urgency = std::move(content.urgency),
          .title = std::move(content.title),
          .body = std::move(content.body),
          .link = std::move(content.link),
          .data = std::move(content.details),
          .user_ids = request.recipients.user_ids,
          .again = item.again()};
}

}  // namespace

CreateInApp::CreateInApp(Inbox& inbox, engine::StepOptions options) : Step("create-in-app", options), inbox_(inbox) {}

void CreateInApp::execute(engine::Batch<InAppRequest, InAppReceipt>& batch) {
  std::vector<Notification> notifications;
  for (const auto& item : batch)
    if (!item.input().recipients.user_ids.empty()) notifications.push_back(notification_for(item));

  std::vector<int> rows;
  engine::crash_point(kBeforeInApp);
  if (!notifications.empty()) rows = inbox_.post(notifications);
  engine::crash_point(kAfterInApp);

  std::size_t posted = 0;
  for (auto& item : batch) item.succeed({item.input().recipients.user_ids.empty() ? 0 : rows.at(posted++)});
}

}  // namespace pawl::depositlink
