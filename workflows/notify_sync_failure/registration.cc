// The module of the workflow.
#include "workflows/notify_sync_failure/registration.h"

#include <notify_sync_failure_migrations.h>  // made by pawl_add_migrations

#include <optional>

#include "workflows/depositlink/depositlink_part.h"
#include "workflows/notify_sync_failure/content/content.h"
#include "workflows/notify_sync_failure/workflow.h"
#include "workflows/redaction/safe_text.h"

namespace pawl::notify_sync_failure {

namespace {

constexpr const char* kSample =
    R"({"org_id": "0a0c0000-0000-4000-8000-000000000002", "connection_id": "0c0c0000-0000-4000-8000-000000000003",)"
    R"( "sync_log_id": "0d0c0000-0000-4000-8000-000000000004", "provider": "reapit", "label": "Head office",)"
    R"( "error_message": "401 Unauthorized: the refresh token has been revoked",)"
    R"( "occurred_at": "2026-11-24T03:00:00Z"})";
constexpr std::size_t kOrganisationMax = 120;

SyncFailed failure_of(const std::string& payload) {
  engine::Event event;
  event.type = kEventType;
  event.payload = payload.empty() ? kSample : payload;
  return SyncFailedReader().read(event);
}

class NotifySyncFailure final : public workflow::Module {
 public:
  explicit NotifySyncFailure(depositlink::DepositLinkPart& depositlink) : depositlink_(depositlink) {}

  std::string name() const override { return kWorkflowName; }
  std::string aggregate_type() const override { return depositlink::kConnection; }
  std::vector<workflow::SharedPart*> uses() const override { return {&depositlink_}; }
  std::vector<workflow::Setting> settings() override {
    return {{"mail-templates", &options_.mail_templates, "Directory of templates that replace parts of the mail"}};
  }
  std::vector<workflow::StepRetry> retries() override {
    return {{"resolve-recipients", options_.resolve_recipients.retry},
            {"create-in-app", options_.retries.create_in_app},
            {"send-email", options_.retries.send_email}};
  }
  storage::MigrationLines migrations() const override { return {&storage::notify_sync_failure_migrations()}; }

  engine::WorkflowDefinition open(const workflow::WorkerContext&) override {
    steps_.emplace(depositlink_.recipients(), depositlink_.channels(), depositlink_.style(), options_);
    return definition(*steps_);
  }

  std::optional<workflow::MailPreview> preview_mail(const workflow::MailPreviewRequest& request) override {
    const depositlink::Style style = depositlink_.sample_style();
    EmailContent mail =
        email_content(failure_of(request.payload), redaction::safe_line(request.organisation, kOrganisationMax),
                      style.app_url, style.time_zone, email_style(style, options_));
    return workflow::MailPreview{std::move(mail.subject), std::move(mail.text), std::move(mail.html)};
  }

 private:
  depositlink::DepositLinkPart& depositlink_;
  SyncFailureOptions options_;
  std::optional<SyncFailureSteps> steps_;
};

}  // namespace

std::unique_ptr<workflow::Module> registration(workflow::Parts& parts) {
  return std::make_unique<NotifySyncFailure>(parts.shared<depositlink::DepositLinkPart>());
}

}  // namespace pawl::notify_sync_failure
