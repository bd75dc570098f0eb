// What a workflow implements to say something by mail.
#pragma once

#include <string>

#include "engine/authoring/clock.h"
#include "workflows/mail/message/message.h"

namespace pawl::mail {

/// Whom a mail is for, as of its claim, and what is the same in every copy of it.
struct Reader {
  std::string email;      ///< Usable (message/address.h).
  std::string safe_name;  ///< Of one line of plain text; may be empty.
  std::string message_id;
  engine::Timestamp date{};
};

/// Holds the event's facts; one for all mails of a run that say the same. Composed when a mail is sent: again for each
/// attempt, and in whatever process that is. So the same arguments give the same message, whose bytes make a copy one
/// that readers' programs recognise. Called on any thread. A PermanentError fails the mail for good, any other
/// exception lets it be tried again; either way nothing was sent.
class MailContent {
 public:
  virtual ~MailContent() = default;

  /// What all readers of a time zone are sent: subject, bodies, and what else of the header is the content's. The
  /// sender is already in the message. `time_zone` is a name of the IANA database, unknown to it perhaps; empty where
  /// the reader's is not known.
  virtual void draft(Message& message, const std::string& time_zone) const = 0;

  /// Makes the draft one reader's, over whoever it was before, so that bodies are not copied for each. A content that
  /// says something else to each reader overrides it.
  virtual void address(Message& draft, const Reader& reader) const {
    draft.to_name = reader.safe_name;
    draft.to = reader.email;
    draft.message_id = reader.message_id;
    draft.date = reader.date;
  }
};

}  // namespace pawl::mail
