// The step that puts a notification into the application: one insert for a whole batch.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/authoring/step.h"
#include "workflows/depositlink/content/in_app_note.h"
#include "workflows/depositlink/ports/inbox.h"
#include "workflows/depositlink/ports/recipients.h"

namespace pawl::depositlink {

struct InAppRequest {
  std::string org_id;
  Recipients recipients;
  std::shared_ptr<const InAppNote> note;
};

struct InAppReceipt {
  int rows = 0;  ///< Recipients who have the notification now.
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(InAppReceipt, rows)

/// A step of any workflow, and of several at once.
class CreateInApp final : public engine::Step<InAppRequest, InAppReceipt> {
 public:
  CreateInApp(Inbox& inbox, engine::StepOptions options);
  std::string tenant(const InAppRequest& request) const override { return request.org_id; }
  void execute(engine::Batch<InAppRequest, InAppReceipt>& batch) override;
  void check_service() override { inbox_.check_access(); }

 private:
  Inbox& inbox_;
};

}  // namespace pawl::depositlink
