// A mail to one person, rendered so that the same content gives the same bytes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/authoring/clock.h"
#include "workflows/mail/message/mailer.h"
#include "workflows/mail/message/message_id.h"

namespace pawl::mail {

/// A header field beyond those that every message has; its text may be anything.
struct HeaderField {
  std::string name;  ///< Printable ASCII without a colon.
  std::string text;
};

/// Of mail that no person wrote, which nobody's absence notice is to answer (RFC 3834, and Exchange's word for it).
inline std::vector<HeaderField> automatic_fields() {
  return {{"Auto-Submitted", "auto-generated"}, {"X-Auto-Response-Suppress", "All"}};
}

/// A body as its part carries it: made once for all who are sent the same.
struct EncodedBody {
  std::string_view encoding;  ///< `quoted-printable` or `base64`: the value of Content-Transfer-Encoding.
  std::string lines;
};

/// Quoted-printable where nearly all of the body is ASCII, which spam filters like better; else base64, which is
/// shorter then. `body` is UTF-8 with any line ends; what is none is replaced, never refused.
EncodedBody encode(std::string_view body);

/// Names, subject and texts may be anything: they are cleaned, encoded and cut (header.h), never refused.
struct Message {
  std::string from_name;      ///< May be empty, like `to_name`.
  std::string from;           ///< A bare, usable address (address.h).
  std::string reply_to;       ///< The same, or empty: replies go to `from`.
  std::string envelope_from;  ///< The same, or empty: bounces go to `from`.
  std::string to_name;
  std::string to;
  std::string subject;
  std::string message_id;  ///< `<left@right>`, see message_id.h.
  std::string thread_id;   ///< The same form, or empty; becomes References.
  engine::Timestamp date{};
  EncodedBody text;
  EncodedBody html;  ///< Never set: the mail is its text alone.
  std::vector<HeaderField> extra_fields = {};
};

/// RFC 5322 and MIME with CRLF line ends: multipart/alternative, text then HTML, or the text alone; each in its
/// encoding, which also keeps bodies from holding anything that a lenient server could take for the end of the message.
/// The boundary derives from the message id. Throws engine::PermanentError when an address, an id or a field's name
/// cannot be in a header.
std::string render(const Message& message);

/// The message, rendered and addressed. Throws as `render` does.
Envelope seal(const Message& message);

}  // namespace pawl::mail
