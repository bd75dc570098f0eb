// The workflow's module: its settings, retries, migrations, and what its steps reach the world by.
#include "registration.h"

#include <pawl/workflows/mail/mail_part.h>

#include <optional>

#include "http_payments.h"
#include "postgres_stock.h"
#include "shop_migrations.h"
#include "workflow.h"

namespace shop {

namespace mail = pawl::mail;
namespace workflow = pawl::workflow;

namespace {

struct Adapters {
  Adapters(const workflow::WorkerContext& worker, const std::string& payments_url, const mail::MailSettings& mail)
      : payments(payments_url),
        stock(worker.address, worker.epoch),
        ledger(worker.address, worker.epoch, mail.in_doubt, std::nullopt) {}  // mails go to addresses, not to users

  HttpPayments payments;
  PostgresStock stock;
  mail::PostgresMailLedger ledger;
};

class FulfilOrder final : public workflow::Module {
 public:
  explicit FulfilOrder(mail::MailPart& mail) : mail_(mail) {}

  std::string name() const override { return "fulfil-order"; }
  std::vector<workflow::SharedPart*> uses() const override { return {&mail_}; }
  std::vector<workflow::Setting> settings() override {
    return {{.name = "payments-url",
             .value = &payments_url_,
             .meaning = "The payment service's base URL; required",
             .required = "where the payment service is, like https://payments.example.com",
             .example = "https://payments.example.com",
             .in_replay = "https://replay.invalid"}};
  }
  std::vector<workflow::StepRetry> retries() override { return {{"send-receipt", receipts_}}; }
  pawl::storage::MigrationLines migrations() const override { return {&pawl::storage::shop_migrations()}; }

  pawl::engine::WorkflowDefinition open(const workflow::WorkerContext& worker) override {
    const mail::MailSettings& mail = mail_.given();
    adapters_.emplace(worker, payments_url_, mail);
    steps_.emplace(adapters_->payments, adapters_->stock, adapters_->ledger, mail_.mailer(), mail_.sender(), receipts_);
    return fulfil_order(*steps_);
  }
  void check_access() override {
    adapters_->stock.check_access();
    adapters_->ledger.check_access();
  }

 private:
  mail::MailPart& mail_;
  std::string payments_url_;
  pawl::engine::RetryPolicy receipts_ = mail::kMailRetry;
  std::optional<Adapters> adapters_;
  std::optional<OrderSteps> steps_;
};

}  // namespace

std::unique_ptr<workflow::Module> registration(workflow::Parts& parts) {
  return std::make_unique<FulfilOrder>(parts.shared<mail::MailPart>());
}

}  // namespace shop
