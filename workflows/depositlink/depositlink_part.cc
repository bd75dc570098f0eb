// Declares the settings of what people read, and makes the adapters and the steps that workflows share.
#include "workflows/depositlink/depositlink_part.h"

#include <depositlink_migrations.h>  // made by pawl_add_migrations

#include "workflows/depositlink/crash_points.h"
#include "workflows/depositlink/postgres/audience.h"
#include "workflows/depositlink/postgres/postgres_inbox.h"
#include "workflows/depositlink/postgres/postgres_recipients.h"
#include "workflows/mail/ledger/postgres_mail_ledger.h"

namespace pawl::depositlink {

/// The ports in Postgres, written under the worker's epoch, and the steps over them.
struct DepositLinkPart::Adapters {
  Adapters(const workflow::WorkerContext& worker, mail::MailPart& mail)
      : recipients(worker.address),
        inbox(worker.address, worker.epoch),
        ledger(worker.address, worker.epoch, mail.given().in_doubt, owners_and_admins()),
        channels({inbox, ledger, mail.mailer()}, mail.sender(), {}) {}

  PostgresRecipients recipients;
  PostgresInbox inbox;
  mail::PostgresMailLedger ledger;
  Channels channels;
};

DepositLinkPart::DepositLinkPart(workflow::Parts& parts) : mail_(parts.shared<mail::MailPart>()) {}
DepositLinkPart::~DepositLinkPart() = default;

std::vector<workflow::Setting> DepositLinkPart::settings() {
  return {
      {.name = "app-url",
       .value = &style_.app_url,
       .meaning = "The application's base URL, for links; required",
       .required = "where the application is, like https://app.example.com; links start with it",
       .example = "https://app.example.com",
       .in_replay = "https://replay.invalid"},
      {"connection-url", &style_.connection_url,
       "A connection's page, like https://app.example.com/connections/{connection_id}, with {org_id} if need be"},
      {"time-zone", &style_.time_zone, "Zone of the times shown, like Australia/Sydney; default UTC"},
      {"brand-name", &style_.brand_name, "The product's name on top of the mail"},
      {"brand-logo-url", &style_.brand_logo_url, "A picture instead of the name, by https"},
      {"brand-color", &style_.brand_color, "Colour of the mail's button, like #1f5fbf"},
  };
}

storage::MigrationLines DepositLinkPart::migrations() const { return {&storage::depositlink_migrations()}; }

std::vector<engine::CrashPlace> DepositLinkPart::crash_places() const {
  return {kCrashPlaces.begin(), kCrashPlaces.end()};
}

void DepositLinkPart::open(const workflow::WorkerContext& worker) {
  adapters_ = std::make_unique<Adapters>(worker, mail_);
}

void DepositLinkPart::check_access() {
  adapters_->recipients.check_access();
  adapters_->inbox.check_access();
  adapters_->ledger.check_access();
}

Style DepositLinkPart::sample_style() const {
  StyleSettings settings = style_;
  if (settings.app_url.empty()) settings.app_url = "https://app.example.com";
  return style_of(settings);
}

Channels& DepositLinkPart::channels() { return adapters_->channels; }
RecipientDirectory& DepositLinkPart::recipients() { return adapters_->recipients; }

}  // namespace pawl::depositlink
