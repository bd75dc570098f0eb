// Who may be mailed about a failed sync, as the application's views say.
#pragma once

#include "workflows/mail/ledger/audience.h"

namespace pawl::depositlink {

/// Of a row r of pawl.recipients: whether it is one of those who are told, as the function pawl.owners_and_admins reads
/// them. Members never are.
inline constexpr const char* kIsOwnerOrAdmin = "r.role in ('owner', 'admin')";

/// Owners and admins of the organisation, from the view pawl.recipients; nobody else, ever.
inline mail::Audience owners_and_admins() {
  return {.view = "pawl.recipients",
          .eligible = kIsOwnerOrAdmin,
          .ineligible = "no longer an owner or admin",
          .absent = "no longer a member of the organisation",
          .visible = "pawl.require_visible_rows()"};
}

}  // namespace pawl::depositlink
