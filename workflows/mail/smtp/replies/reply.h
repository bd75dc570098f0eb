// What an SMTP server said last, read line by line from a server that may say anything.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "workflows/redaction/own_secrets.h"

namespace pawl::mail {

/// A complete reply (RFC 5321, section 4.2).
struct SmtpReply {
  int code = 0;      ///< 0: none yet.
  std::string text;  ///< One clean line beginning with the code, at most SmtpReplyReader::kTextMax bytes.

  bool positive() const { return code >= 200 && code < 300; }
  bool transient() const { return code >= 400 && code < 500; }
  bool permanent() const { return code >= 500 && code < 600; }
};

/// Whether a reply to the end of a message takes it: 250 is all that RFC 5321 (section 4.3.2) has for that. 221 ends
/// the connection, 251 and 252 are about recipients.
inline bool accepts_message(const SmtpReply& reply) { return reply.code == 250; }

/// The enhanced status code (RFC 3463) after the reply's code, such as `5.1.1`, or behind a `#` as in qmail's
/// `(#5.1.1)`; empty if there is none.
std::string_view enhanced_status(const SmtpReply& reply);

/// For programs that compare failures: the enhanced status of a reply's text, else its code; empty where it begins with
/// none, as the words of a transport do.
std::string failure_code(std::string_view reply);

/// Puts lines together into replies. A reply's last line has a space, a tab or nothing after its code; a line may end
/// with a bare line feed. Ignores what is no reply at all, and holds only the beginning of a long one.
class SmtpReplyReader {
 public:
  static constexpr std::size_t kTextMax = 2000;        ///< Relays say at the end of a long reply whose fault it is.
  static constexpr std::size_t kReplyMax = 64 * 1024;  ///< Of the wire; no honest reply is longer.

  /// What replies hold of `secrets`, which outlive the reader, is masked; null: nothing.
  explicit SmtpReplyReader(const redaction::OwnSecrets* secrets = nullptr) : secrets_(secrets) {}

  enum class Progress { kIncomplete, kComplete, kTooLong };

  /// Takes a line, or a piece of a very long one.
  Progress take(std::string_view bytes);
  /// The last complete reply.
  const SmtpReply& reply() const { return reply_; }
  /// What came since then and is no reply, on one clean line, or its beginning; empty: nothing.
  std::string other_words() const;

 private:
  Progress end_line();

  const redaction::OwnSecrets* const secrets_;
  SmtpReply reply_;
  std::string line_;   // At most kTextMax bytes of the line being read.
  std::string text_;   // The reply being read.
  std::string other_;  // The first line since the last reply that is none.
  std::size_t size_ = 0;
};

}  // namespace pawl::mail
