// The mails to those who are told: one a mailbox.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "workflows/depositlink/ports/recipients.h"
#include "workflows/mail/send_mail.h"

namespace pawl::depositlink {

/// Users who share a mailbox get one mail together.
std::vector<mail::MailRequest> one_email_a_mailbox(const std::string& org_id, const Recipients& recipients,
                                                   const std::shared_ptr<const mail::MailContent>& content);

}  // namespace pawl::depositlink
