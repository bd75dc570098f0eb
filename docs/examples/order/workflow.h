// The workflow `fulfil-order`.
#pragma once

#include <pawl/engine/authoring/workflow.h>
#include <pawl/workflows/mail/send_mail.h>

#include "steps.h"

namespace shop {

/// They outlive the worker's runs.
struct OrderSteps {
  OrderSteps(Payments& payments, Stock& stock, pawl::mail::MailLedger& ledger, pawl::mail::Mailer& mailer,
             const pawl::mail::Sender& sender, pawl::engine::RetryPolicy receipts = pawl::mail::kMailRetry);

  ChargeCard charge_card;
  ReserveItem reserve_item;
  ReleaseItems release_items;
  RefundCard refund_card;
  pawl::mail::SendMail send_receipt;
};

/// What main registers.
pawl::engine::WorkflowDefinition fulfil_order(OrderSteps& steps);

}  // namespace shop
