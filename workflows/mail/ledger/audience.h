// Who may get mails: the users that a view shows, each judged anew just before his mail is sent.
#pragma once

#include <optional>
#include <string>

namespace pawl::mail {

/// A workflow's audience. `view`, `eligible` and `visible` are SQL, written by the workflow and never from outside.
struct Audience {
  /// With its schema. Its columns `org_id` and `user_id` are uuids, `email` and `full_name` texts; it may have
  /// `time_zone`, a name of the IANA database. A user may have several rows.
  std::string view;
  std::string eligible;    ///< The condition on a row `r` of the view that makes its user eligible, as `r.active`.
  std::string ineligible;  ///< Why somebody gets no mail who has rows, none of them eligible.
  std::string absent;      ///< The same of somebody who has none.
  /// Asked before anybody is taken for ineligible or absent, while what was read is still locked: true, or an error
  /// where rows may be hidden from the worker.
  std::string visible = "true";
};

/// The table `people` of a claim: `person`, `user_id`, `email`, `full_name`, `time_zone`, and in `unfit` why he may not
/// be sent a mail now, else null. With an audience it is made of $7, the organisations, and $8, their users; without
/// one of $7, the recipients' ids, and $8, their addresses, all of which are eligible.
std::string people_sql(const std::optional<Audience>& audience);

}  // namespace pawl::mail
