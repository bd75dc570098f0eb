// Turns a failure and a person into a mail ready to send: the same bytes whenever the same mail is written.
#pragma once

#include <string>

#include "engine/authoring/clock.h"
#include "workflows/mail/message/message.h"
#include "workflows/notify_sync_failure/content/app_url.h"
#include "workflows/notify_sync_failure/content/content.h"
#include "workflows/notify_sync_failure/payload/sync_failed.h"

namespace pawl::notify_sync_failure {

struct Sender {
  std::string address;             ///< Bare, like the other two; normalised by the writer (mail/address.h).
  std::string name;                ///< May be empty.
  std::string reply_to = {};       ///< Empty: replies go to `address`.
  std::string envelope_from = {};  ///< Where bounces go; empty: to `address`.
};

struct Addressee {
  std::string email;
  std::string safe_name;  ///< As `safe_line` leaves it; may be empty.
};

/// The same in every copy of a mail.
struct Stamp {
  std::string message_id;
  engine::Timestamp date{};
};

class EmailWriter {
 public:
  /// Throws engine::RefusedError naming the address of the sender that cannot be used.
  EmailWriter(AppUrl app_url, Sender sender, EmailStyle style = {});

  std::string message_id(const std::string& event_id, const std::string& user_id) const;

  /// What all recipients of a failure in one time zone are sent; `address` makes it one's own. An empty zone is the
  /// deployment's, an unknown one UTC.
  mail::Message draft(const SyncFailed& failure, const std::string& org_name, const std::string& time_zone = {}) const;
  /// Writes the recipient into the draft, over the one before, so that bodies are not copied for each. `to.email` must
  /// be usable (mail/address.h).
  mail::Envelope address(mail::Message& draft, const Addressee& to, const Stamp& stamp) const;

 private:
  AppUrl app_url_;
  Sender sender_;
  EmailStyle style_;
  std::string domain_;  ///< Of the sender: the right half of every message id.
};

}  // namespace pawl::notify_sync_failure
