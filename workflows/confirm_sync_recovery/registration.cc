// The module of the workflow.
#include "workflows/confirm_sync_recovery/registration.h"

#include <confirm_sync_recovery_migrations.h>  // made by pawl_add_migrations

#include <optional>

#include "workflows/confirm_sync_recovery/crash_points.h"
#include "workflows/confirm_sync_recovery/postgres_notified_users.h"
#include "workflows/confirm_sync_recovery/recovery_content.h"
#include "workflows/confirm_sync_recovery/workflow.h"
#include "workflows/depositlink/depositlink_part.h"
#include "workflows/redaction/safe_text.h"

namespace pawl::confirm_sync_recovery {

namespace {

constexpr const char* kSample =
    R"({"org_id": "0a0c0000-0000-4000-8000-000000000002", "connection_id": "0c0c0000-0000-4000-8000-000000000003",)"
    R"( "provider": "reapit", "label": "Head office", "failed_at": "2026-11-24T03:00:00Z",)"
    R"( "recovered_at": "2026-11-25T08:20:00Z"})";
constexpr std::size_t kOrganisationMax = 120;

SyncRecovered recovery_of(const std::string& payload) {
  engine::Event event;
  event.type = kEventType;
  event.payload = payload.empty() ? kSample : payload;
  return SyncRecoveredReader().read(event);
}

class ConfirmSyncRecovery final : public workflow::Module {
 public:
  explicit ConfirmSyncRecovery(depositlink::DepositLinkPart& depositlink) : depositlink_(depositlink) {}

  std::string name() const override { return kWorkflowName; }
  bool is_optional() const override { return true; }
  std::string aggregate_type() const override { return depositlink::kConnection; }
  std::vector<workflow::SharedPart*> uses() const override { return {&depositlink_}; }
  std::vector<workflow::StepRetry> retries() override {
    return {{"find-notified", options_.find_notified.retry},
            {"create-in-app", options_.retries.create_in_app},
            {"send-email", options_.retries.send_email}};
  }
  storage::MigrationLines migrations() const override { return {&storage::confirm_sync_recovery_migrations()}; }
  std::vector<engine::CrashPlace> crash_places() const override { return {kCrashPlaces.begin(), kCrashPlaces.end()}; }

  engine::WorkflowDefinition open(const workflow::WorkerContext& worker) override {
    notified_users_.emplace(worker.address);
    steps_.emplace(*notified_users_, depositlink_.channels(), depositlink_.style(), options_);
    return definition(*steps_);
  }
  void check_access() override { notified_users_->check_access(); }

  std::optional<workflow::MailPreview> preview_mail(const workflow::MailPreviewRequest& request) override {
    const depositlink::Style style = depositlink_.sample_style();
    depositlink::EmailContent mail =
        email_content(recovery_of(request.payload), redaction::safe_line(request.organisation, kOrganisationMax), style,
                      style.time_zone);
    return workflow::MailPreview{std::move(mail.subject), std::move(mail.text), std::move(mail.html)};
  }

 private:
  depositlink::DepositLinkPart& depositlink_;
  RecoveryOptions options_;
  std::optional<PostgresNotifiedUsers> notified_users_;
  std::optional<RecoverySteps> steps_;
};

}  // namespace

std::unique_ptr<workflow::Module> registration(workflow::Parts& parts) {
  return std::make_unique<ConfirmSyncRecovery>(parts.shared<depositlink::DepositLinkPart>());
}

}  // namespace pawl::confirm_sync_recovery
