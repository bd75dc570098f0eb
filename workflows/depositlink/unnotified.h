// What a run notes of those who were not told, though nothing failed.
#pragma once

#include <string>
#include <vector>

#include "engine/authoring/run.h"
#include "workflows/depositlink/create_in_app.h"
#include "workflows/mail/send_mail.h"

namespace pawl::depositlink {

/// Who got no mail and why, and how many have no notification: they left meanwhile, or a trigger of the application's
/// keeps their rows out, which Postgres reports to nobody. Empty: all were told. Once both channels have settled.
std::string unnotified(const InAppRequest& in_app, const engine::Started<InAppRequest, InAppReceipt>& shown,
                     const std::vector<mail::MailRequest>& mails,
                     const engine::Started<mail::MailRequest, mail::MailReceipt>& sent);

}  // namespace pawl::depositlink
