// SMTP transactions (RFC 5321): two round trips a mail where the relay pipelines (RFC 2920), four where it does not.
#include "workflows/mail/smtp/connection.h"

#include <algorithm>
#include <array>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include "workflows/mail/faults/crash_points.h"
#include "workflows/text/utf8.h"

namespace pawl::mail {
namespace {

// Of the relay's answers while a refused mail is put away, which nobody waits for as for a mail's.
constexpr std::chrono::seconds kTidyTimeout{5};

// Postfix answers everything a second late on a connection whose mails it has refused some five times in a row: the
// next mail, which may be somebody else's, goes over a fresh one.
constexpr std::chrono::milliseconds kSlowedDown{500};

// A relay that loses commands said at once is silent for ever. One that is slow is asked again, one by one, with all
// the time that it may take.
constexpr std::chrono::seconds kPipelinedPatience{60};

const char* name_of(SmtpPhase phase) {
  switch (phase) {
    case SmtpPhase::kLogin:
      return "login";
    case SmtpPhase::kMail:
      return "MAIL FROM";
    case SmtpPhase::kRcpt:
      return "RCPT TO";
    case SmtpPhase::kData:
      return "DATA";
    case SmtpPhase::kFinalDot:
      return "end of message";
  }
  return "";
}

bool is_wanted(SmtpPhase phase, const SmtpReply& reply) {
  if (phase == SmtpPhase::kFinalDot) return accepts_message(reply);
  return phase == SmtpPhase::kData ? reply.code == 354 : reply.positive();
}

// The message as it goes over the wire, with the line that ends it (RFC 5321, section 4.5.2).
std::string with_final_dot(std::string_view message) {
  std::string wire;
  wire.reserve(message.size() + 64);
  if (message.starts_with('.')) wire += '.';
  for (std::size_t dot; (dot = message.find("\r\n.")) != std::string_view::npos; message.remove_prefix(dot + 3))
    wire.append(message.substr(0, dot + 3)) += '.';
  wire += message;
  if (!wire.ends_with("\r\n")) wire += "\r\n";
  return wire += ".\r\n";
}

// Whether it needs SMTPUTF8 (RFC 6531): bodies are ASCII on the wire, so what is not is in an address or a header.
bool is_internationalised(const Envelope& envelope) {
  return !text::is_ascii(envelope.from) || !text::is_ascii(envelope.to) || !text::is_ascii(envelope.bytes);
}

// The transaction of one mail on a connection that is logged in.
class Transaction {
 public:
  Transaction(SmtpSession& session, const SmtpOptions& options, bool pipelines,
              const SmtpChannel::Interrupted& interrupted, SmtpEnding& ending)
      : channel_(*session.channel),
        takes_(session.capabilities),
        options_(options),
        pipelines_(pipelines),
        interrupted_(interrupted),
        ending_(ending) {}

  void run(const Envelope& envelope) {
    if (!takes_.utf8 && is_internationalised(envelope)) return leave_untried(envelope);
    if (!introduce(envelope)) return tidy();
    engine::crash_point(kAfterMail354);
    // What came before the body would be taken for the answer to its final dot.
    if (!channel_.quiet()) return note("it said more than it was asked, or closed");
    channel_.say(with_final_dot(envelope.bytes), options_.final_timeout, interrupted_);
    ending_.handed_over = true;
    engine::crash_point(kMailHandedOver);
    if (!answered(SmtpPhase::kFinalDot, options_.final_timeout)) return tidy();
    engine::crash_point(kAfterMail250);
    ending_.ok = ending_.kept = true;
  }

 private:
  // Whether the relay wants the message.
  bool introduce(const Envelope& envelope) {
    const bool internationalised = is_internationalised(envelope);
    ending_.parameters = {takes_.size, internationalised, envelope.from == envelope.to ? "" : envelope.from};
    const std::string parameters =
        (takes_.size ? " SIZE=" + std::to_string(envelope.bytes.size()) : "") + (internationalised ? " SMTPUTF8" : "");
    const std::array<std::pair<SmtpPhase, std::string>, 3> commands{
        {{SmtpPhase::kMail, "MAIL FROM:<" + envelope.from + ">" + parameters + "\r\n"},
         {SmtpPhase::kRcpt, "RCPT TO:<" + envelope.to + ">\r\n"},
         {SmtpPhase::kData, "DATA\r\n"}}};
    const auto patience = pipelines_ ? std::min(options_.reply_timeout, kPipelinedPatience) : options_.reply_timeout;
    if (pipelines_) say(commands[0].second + commands[1].second + commands[2].second);
    unanswered_ = pipelines_ ? commands.size() : 0;
    const auto began = SmtpPatience::Clock::now();
    for (const auto& [phase, command] : commands) {
      ending_.phase = phase;
      if (!pipelines_) {
        say(command);
        unanswered_ = 1;
      }
      const bool wanted = answered(phase, patience);
      if (phase == SmtpPhase::kMail) usual_time_ = SmtpPatience::Clock::now() - began;
      if (!wanted) return false;
    }
    ending_.phase = SmtpPhase::kFinalDot;
    return true;
  }

  // Where a server that knows the extension would refuse it (RFC 6531, section 3.5): this recipient, or an address of
  // ours, in the envelope or in a header, which all our mails have.
  void leave_untried(const Envelope& envelope) {
    const bool ours = text::is_ascii(envelope.to) || !text::is_ascii(envelope.from);
    ending_.phase = ours ? SmtpPhase::kMail : SmtpPhase::kRcpt;
    ending_.unsupported = ending_.kept = true;
    note("it offers no SMTPUTF8, which this mail needs; the mail was not tried");
    options_.tell("not tried", ending_.error);
  }

  // A refused mail costs no login of its own: what the relay has yet to answer is read, and the transaction taken back.
  // What the relay has said of the mail stands, whatever becomes of the connection.
  void tidy() try {
    int last = ending_.reply.code;
    if (last < 400) return;  // out of step
    for (; unanswered_ > 0 && last != 421; --unanswered_) last = hear_tidily().code;
    if (last == 421) return;  // it closes
    if (last == 354) {        // It wants the body, though nobody is to get it (RFC 2920, section 3.1).
      channel_.say(".\r\n", kTidyTimeout, interrupted_);
      hear_tidily();
    }
    const auto began = SmtpPatience::Clock::now();
    channel_.say("RSET\r\n", kTidyTimeout, interrupted_);
    const bool taken_back = hear_tidily().positive();
    ending_.kept = taken_back && SmtpPatience::Clock::now() - began < usual_time_ + kSlowedDown;
  } catch (const SmtpChannelError&) {  // The connection is not kept.
  }

  SmtpReply hear_tidily() { return channel_.hear({SmtpPatience::Clock::now() + kTidyTimeout, interrupted_}); }

  void say(const std::string& commands) { channel_.say(commands, options_.reply_timeout, interrupted_); }

  bool answered(SmtpPhase phase, std::chrono::seconds at_most) {
    ending_.reply = channel_.hear({SmtpPatience::Clock::now() + at_most, interrupted_});
    if (unanswered_ > 0) --unanswered_;
    options_.tell(name_of(phase), ending_.reply.text);
    if (is_wanted(phase, ending_.reply)) return true;
    note("unexpected answer to " + std::string(name_of(phase)) + ": " + ending_.reply.text);
    return false;
  }

  void note(const std::string& trouble) { ending_.error = "mail relay " + options_.url + ": " + trouble; }

  SmtpChannel& channel_;
  const SmtpCapabilities& takes_;
  const SmtpOptions& options_;
  const bool pipelines_;
  const SmtpChannel::Interrupted& interrupted_;
  SmtpEnding& ending_;
  SmtpPatience::Clock::duration usual_time_{0};  // that MAIL was answered in
  std::size_t unanswered_ = 0;                   // Of the commands before the body.
};

}  // namespace

SmtpConnection::~SmtpConnection() {
  if (session_.channel) session_.channel->quit();
}

SmtpEnding SmtpConnection::deliver(const Envelope& envelope, bool fresh, const SmtpWatch& watch) {
  SmtpEnding ending;
  try {
    try_to_deliver(envelope, fresh, watch, ending);
  } catch (...) {  // no memory is left even for the words: how far the mail has come is known all the same
    ending.ok = ending.kept = false;
    session_.channel.reset();
  }
  return ending;
}

void SmtpConnection::try_to_deliver(const Envelope& envelope, bool fresh, const SmtpWatch& watch, SmtpEnding& ending) {
  std::unique_ptr<SmtpChannel>& channel = session_.channel;
  // Closed while it was idle, or out of step with us: an unasked answer would be taken for the next command's.
  if (channel && (fresh || !channel->quiet())) channel.reset();
  const bool reused = channel != nullptr;
  bool pipelines = false;
  try {
    if (!reused) {
      session_ = log_in(options_, *findings_, watch.interrupted, ending);
      watch.logged_in();
    }
    ending.phase = SmtpPhase::kMail;
    ending.reply = {};
    pipelines =
        options_.pipelining && session_.capabilities.pipelining && findings_->may_pipeline(SmtpPatience::Clock::now());
    Transaction(session_, options_, pipelines, watch.interrupted, ending).run(envelope);
  } catch (const SmtpChannelError& error) {
    ending.error = error.what();
    ending.interrupted = error.interrupted();
    ending.stale = !ending.interrupted && is_stale(ending, reused, pipelines);
  } catch (const std::exception& error) {  // out of memory: how far the mail has come is known all the same
    ending.error = error.what();
  }
  ending.error = options_.secrets->masked(ending.error);
  // A server that closes an idle connection may say 421 first.
  if (reused && ending.phase == SmtpPhase::kMail && ending.reply.code == 421) ending.stale = true;
  if (channel && !ending.kept) {  // a late answer would be taken for the next mail's
    if (ending.reply.code >= 400) channel->quit();
    channel.reset();
  }
}

// Whether a lost connection says nothing about the mail, which then goes over a fresh one at once.
bool SmtpConnection::is_stale(const SmtpEnding& ending, bool reused, bool pipelines) {
  if (reused && ending.phase == SmtpPhase::kMail) return ending.reply.code == 0;
  const bool before_body = ending.phase != SmtpPhase::kLogin && ending.phase != SmtpPhase::kFinalDot;
  if (!pipelines || !before_body) return false;
  findings_->lost_pipelined(SmtpPatience::Clock::now());
  return true;
}

}  // namespace pawl::mail
