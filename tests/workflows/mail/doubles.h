// The mail ledger and the mailer in memory, and whose mails the tests send.
#pragma once

#include <string>

#include "workflows/mail/testing/memory_ledger.h"
#include "workflows/mail/testing/memory_mailer.h"

namespace pawl::mail {

using testing::MemoryLedger;
using testing::MemoryMailer;

inline const std::string kEventId = "0b0c0000-0000-4000-8000-000000000001";
inline const std::string kOrgId = "0a0c0000-0000-4000-8000-000000000002";

}  // namespace pawl::mail
