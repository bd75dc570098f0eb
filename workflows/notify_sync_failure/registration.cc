// The module of the workflow.
#include "workflows/notify_sync_failure/registration.h"

#include <optional>

#include "workflows/mail/mail_part.h"
#include "workflows/notify_sync_failure/content/content.h"
#include "workflows/notify_sync_failure/postgres/audience.h"
#include "workflows/notify_sync_failure/postgres/postgres_inbox.h"
#include "workflows/notify_sync_failure/postgres/postgres_recipients.h"
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

/// The ports in Postgres, written under the worker's epoch.
struct Adapters {
  Adapters(const workflow::Worker& worker, mail::InDoubtPolicy in_doubt)
      : recipients(worker.address),
        inbox(worker.address, worker.epoch),
        ledger(worker.address, worker.epoch, in_doubt, owners_and_admins()) {}

  void check_access() {
    recipients.check_access();
    inbox.check_access();
    ledger.check_access();
  }

  PostgresRecipients recipients;
  PostgresInbox inbox;
  mail::PostgresMailLedger ledger;
};

class NotifySyncFailure final : public workflow::Module {
 public:
  explicit NotifySyncFailure(mail::MailPart& mail) : mail_(mail) {}

  std::string name() const override { return kWorkflowName; }
  std::vector<workflow::SharedPart*> uses() const override { return {&mail_}; }
  std::vector<workflow::Setting> settings() override {
    return {
        {.name = "app-url",
         .value = &options_.app_url,
         .meaning = "The application's base URL, for links; required",
         .required = "where the application is, like https://app.example.com; links start with it",
         .in_replay = "https://replay.invalid"},
        {"connection-url", &options_.connection_url,
         "A connection's page, like https://app.example.com/connections/{connection_id}, with {org_id} if need be"},
        {"time-zone", &options_.time_zone, "Zone of the times shown, like Australia/Sydney; default UTC"},
        {"brand-name", &options_.brand_name, "The product's name on top of the mail"},
        {"brand-logo-url", &options_.brand_logo_url, "A picture instead of the name, by https"},
        {"brand-color", &options_.brand_color, "Colour of the mail's button, like #1f5fbf"},
        {"mail-templates", &options_.mail_templates, "Directory of templates that replace parts of the mail"},
    };
  }
  std::vector<workflow::StepRetry> retries() override {
    return {{"resolve-recipients", options_.resolve_recipients.retry},
            {"create-in-app", options_.create_in_app.retry},
            {"send-email", options_.send_email.retry}};
  }
  storage::MigrationLines migrations() const override {
    return {&storage::depositlink_migrations(), &storage::notify_sync_failure_migrations()};
  }

  engine::WorkflowDefinition open(const workflow::Worker& worker) override {
    const mail::MailSettings& mail = mail_.given();
    options_.sender = {mail.from, mail.from_name, mail.reply_to, mail.envelope_from};
    adapters_.emplace(worker, mail.in_doubt);
    steps_.emplace(SyncFailurePorts{adapters_->recipients, adapters_->inbox, adapters_->ledger, mail_.mailer()},
                   options_);
    return definition(*steps_);
  }
  void check_access() override { adapters_->check_access(); }

  std::optional<workflow::MailPreview> preview_mail(const workflow::MailPreviewRequest& request) override {
    const std::string app_url = options_.app_url.empty() ? "https://app.example.com" : options_.app_url;
    const EmailStyle style = email_style(options_);
    EmailContent mail =
        email_content(failure_of(request.payload), redaction::safe_line(request.organisation, kOrganisationMax),
                      AppUrl(app_url, options_.connection_url), style.time_zone, style);
    return workflow::MailPreview{std::move(mail.subject), std::move(mail.text), std::move(mail.html)};
  }

 private:
  mail::MailPart& mail_;
  SyncFailureOptions options_{.app_url = "", .sender = {}};
  std::optional<Adapters> adapters_;
  std::optional<SyncFailureSteps> steps_;
};

}  // namespace

std::unique_ptr<workflow::Module> registration(workflow::Parts& parts) {
  return std::make_unique<NotifySyncFailure>(parts.shared<mail::MailPart>());
}

}  // namespace pawl::notify_sync_failure
