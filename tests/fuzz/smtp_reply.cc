// Fuzzes what a relay says: replies in pieces of any size, what they mean, and what EHLO and AUTH make of them.
#include <vector>

#include "tests/fuzz/target.h"
#include "workflows/mail/smtp/capabilities.h"
#include "workflows/mail/smtp/identity/sasl.h"
#include "workflows/mail/smtp/replies/refusal.h"
#include "workflows/mail/smtp/replies/reply.h"
#include "workflows/text/utf8.h"

using namespace pawl;
using namespace pawl::redaction;
using namespace pawl::text;
using namespace pawl::mail;
using Progress = SmtpReplyReader::Progress;

namespace {

constexpr std::string_view kSecret = "hunter2-Zq17";

// What a conversation comes to: each complete reply, a line each.
struct Heard {
  std::string replies;
  SmtpReply last;
};

void check_reply(const SmtpReply& reply) {
  fuzz::require(reply.code >= 0 && reply.code <= 999, "a code has three digits");
  fuzz::require(reply.text.size() <= SmtpReplyReader::kTextMax, "a reply is bounded");
  fuzz::require(one_line(reply.text, SmtpReplyReader::kTextMax) == reply.text, "a reply is one clean line");
  fuzz::require(!fuzz::holds(reply.text, kSecret), "a reply holds no secret of ours");
  for (const SmtpPhase phase :
       {SmtpPhase::kLogin, SmtpPhase::kMail, SmtpPhase::kRcpt, SmtpPhase::kData, SmtpPhase::kFinalDot}) {
    decide({.ok = false, .phase = phase, .handed_over = phase == SmtpPhase::kFinalDot, .reply = reply, .error = "x"});
    if (reply.permanent() && phase != SmtpPhase::kLogin) refused_by(phase, reply);
  }
  enhanced_status(reply);
}

// The bytes as a channel hands them on: a line, or a piece of one, at a time, none longer than `piece`.
Heard heard(std::string_view wire, const OwnSecrets& secrets, std::size_t piece) {
  SmtpReplyReader reader(&secrets);
  Heard all;
  while (!wire.empty()) {
    const std::string_view window = wire.substr(0, piece);
    const std::string_view line = window.substr(0, std::min(window.find('\n'), window.size() - 1) + 1);
    wire.remove_prefix(line.size());
    const Progress progress = reader.take(line);
    if (progress == Progress::kTooLong) break;
    if (progress != Progress::kComplete) continue;
    check_reply(reader.reply());
    all.last = reader.reply();
    all.replies += std::to_string(all.last.code) + " " + all.last.text + "\n";
  }
  return all;
}

void check_login(const std::string& words) {
  read_capabilities({words, "250-" + words, "250 AUTH " + words});
  const SaslCredentials credentials{"user", std::string(kSecret), "relay.test", 587};
  for (const SaslMechanism mechanism : {SaslMechanism::kPlain, SaslMechanism::kLogin, SaslMechanism::kCramMd5,
                                        SaslMechanism::kXoauth2, SaslMechanism::kOauthBearer}) {
    SaslClient client(mechanism, credentials);
    for (const std::string& said : {client.initial_response(), client.answer(words), client.answer(words)})
      fuzz::require(said.find_first_of("\r\n") == std::string::npos, "what we answer is one line");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::Input input(bytes, size);
  const std::size_t piece = input.byte() + 1;
  std::string wire = input.rest();
  for (auto at = wire.find('\x01'); at != std::string::npos; at = wire.find('\x01', at + 1))
    wire.replace(at, 1, kSecret);  // a relay that says our password back
  OwnSecrets secrets;
  secrets.add(std::string(kSecret));
  const Heard whole = heard(wire, secrets, wire.size() + 1);
  fuzz::require(heard(wire, secrets, piece).replies == whole.replies, "where the bytes are split makes no difference");
  check_login(wire);
  return 0;
}
