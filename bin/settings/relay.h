// The mailer that the settings ask for.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bin/settings/settings.h"
#include "workflows/mail/message/mailer.h"
#include "workflows/mail/smtp/options.h"

namespace pawl::bin {

/// Its password is added to `secrets`; `trace` is told what happens on its connections. Throws UsageError for a URL of
/// no known form and for a password file that cannot be read.
std::unique_ptr<mail::Mailer> make_relay(const Settings& settings,
                                         const std::shared_ptr<redaction::OwnSecrets>& secrets,
                                         const mail::SmtpTrace& trace = {});

/// What whoever starts a worker with this relay should know, a sentence each.
std::vector<std::string> relay_warnings(const Settings& settings);

}  // namespace pawl::bin
