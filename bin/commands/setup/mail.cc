// Tries out what mails depend on: the relay, by sending one, and the settings, by printing one.
#include "bin/commands/setup/mail.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <iomanip>
#include <iterator>
#include <map>

#include "bin/operations/runs/command_error.h"
#include "bin/output/redact.h"
#include "bin/output/utc_text.h"
#include "bin/settings/version.h"
#include "bin/worker/workflows.h"
#include "engine/authoring/errors.h"
#include "workflows/mail/message/address.h"
#include "workflows/mail/message/message.h"

namespace pawl::bin {

namespace {

using Clock = std::chrono::steady_clock;

enum class MailPart { kSubject, kText, kHtml };

void require_mail_settings(const mail::MailSettings& settings) {
  std::string missing;
  if (settings.url.empty()) missing += "\n  PAWL_MAIL (--mail): where mail goes, like smtp://pawl@relay.internal";
  if (settings.from.empty())
    missing += "\n  PAWL_MAIL_FROM (--mail-from): the sender's address, like alerts@example.com";
  if (!missing.empty()) throw UsageError("mail test is not configured: missing" + missing);
}

std::string usable_address(const std::string& typed, const char* option) {
  std::string address = mail::normalised_address(typed);
  if (const auto reason = mail::why_unusable(address))
    throw UsageError(std::string("cannot send a test mail: ") + option + ": " + *reason);
  return address;
}

mail::Envelope test_mail(const mail::MailSettings& settings, const std::string& to) {
  const auto now = std::chrono::time_point_cast<engine::Duration>(std::chrono::system_clock::now());
  mail::Message message;
  message.from_name = settings.from_name.empty() ? "pawl" : settings.from_name;
  message.from = usable_address(settings.from, "--mail-from");
  if (!settings.reply_to.empty()) message.reply_to = usable_address(settings.reply_to, "--reply-to");
  if (!settings.envelope_from.empty())
    message.envelope_from = usable_address(settings.envelope_from, "--mail-envelope-from");
  message.to = usable_address(to, "--to");
  message.subject = "Test mail from pawl";
  const std::string domain = message.from.substr(message.from.rfind('@') + 1);
  message.message_id =
      mail::message_id({"mail-test", std::to_string(now.time_since_epoch().count()), {}, message.to}, domain);
  message.date = now;
  message.extra_fields = mail::automatic_fields();
  const std::string text = "Whoever set this pawl (" + std::string(kVersion) + ") up asked for a test mail at " +
                           utc_text(now) + ". It has arrived: nothing is left to do.";
  message.text = mail::encode(text + "\n");
  message.html = mail::encode("<p>" + text + "</p>\n");
  return mail::seal(message);
}

/// What came of it, for whoever has to act on it; empty: it was accepted.
std::string trouble_of(mail::Delivery delivery) {
  switch (delivery) {
    case mail::Delivery::kAccepted:
      return "";
    case mail::Delivery::kRejected:
      return "the relay will not take this recipient or message";
    case mail::Delivery::kRefused:
      return "the relay refuses it, in words that do not tell whether for the recipient's sake or for ours";
    case mail::Delivery::kAccountRefused:
    case mail::Delivery::kSenderRefused:
      return "the relay refuses our sender, quota or right to relay; check PAWL_MAIL_FROM and the account";
    case mail::Delivery::kDeferred:
      return "the relay does not take it now; a worker would try again";
    case mail::Delivery::kInDoubt:
      return "it may or may not have been sent: the connection ended before the relay's last answer";
    case mail::Delivery::kRelayDown:
      return "the relay cannot be used; check PAWL_MAIL";
    case mail::Delivery::kLoginRefused:
      return "the relay refuses the login; check the user of PAWL_MAIL and PAWL_MAIL_PASSWORD_FILE";
  }
  return "it is not known what became of it";
}

bool is_refusal(mail::Delivery delivery) {
  return delivery == mail::Delivery::kRejected || delivery == mail::Delivery::kRefused ||
         delivery == mail::Delivery::kAccountRefused || delivery == mail::Delivery::kSenderRefused ||
         delivery == mail::Delivery::kLoginRefused;
}

class MailVerb final : public Verb {
 public:
  MailVerb(CLI::App& command, Workflows& workflows) : workflows_(workflows) {
    CLI::App* sends = command.add_subcommand("test", "Send one test mail, and print what the relay says to each step");
    sends->add_option("--to", to_, "Whom to send it to")->required();
    preview_ = command.add_subcommand("preview", "Print a workflow's mail as the settings make it; sends nothing");
    const std::map<std::string, MailPart> parts{
        {"subject", MailPart::kSubject}, {"text", MailPart::kText}, {"html", MailPart::kHtml}};
    preview_->add_option("--part", part_, "subject, text or html; default text")
        ->transform(CLI::CheckedTransformer(parts));
    preview_->add_option("--data", request_.payload, "The event's payload as JSON instead of a sample; - reads it");
    preview_->add_option("--organisation", request_.organisation, "Its name; default Acme Lettings");
    command.require_subcommand(1);
  }

  ExitCode run(const Settings&, Console& console) override {
    return preview_->parsed() ? preview(console) : test(console);
  }

 private:
  ExitCode preview(Console& console) {
    check_sender();
    if (request_.payload == "-") request_.payload.assign(std::istreambuf_iterator<char>(console.in), {});
    const workflow::MailPreview mail = workflows_.preview_mail(request_);
    std::ostream& out = console.document();
    if (part_ == MailPart::kSubject) out << mail.subject << '\n';
    if (part_ == MailPart::kText) out << mail.text;
    if (part_ == MailPart::kHtml) out << mail.html;
    out.flush();
    return ExitCode::kDone;
  }

  // A preview needs none, but one that is given is to be of use.
  void check_sender() const try {
    const mail::Sender sender = workflows_.mail().sender();
    if (!sender.address.empty()) mail::usable_sender(sender);
  } catch (const engine::RefusedError& error) {
    throw UsageError(std::string("cannot preview the mail: ") + error.what());
  }

  ExitCode test(Console& console) {
    const mail::MailSettings& settings = workflows_.mail().given();
    require_mail_settings(settings);
    workflows_.check_mail_settings();  // this mail has none of that, but the next ones
    const mail::Envelope envelope = test_mail(settings, to_);
    const Clock::time_point began = Clock::now();
    const auto print = [&](const std::string& what, const std::string& words) {
      const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
      console.out << std::setw(6) << elapsed.count() << " ms  " << what << ": " << redacted(words, *console.secrets)
                  << std::endl;
    };
    for (const std::string& warning : workflows_.mail().warnings()) console.note() << warning << '\n';
    const auto mailer = relay(console, print);
    const mail::DeliveryReport report = mailer->send({&envelope, 1}).at(0);
    const std::string trouble = trouble_of(report.delivery);
    if (trouble.empty()) {
      console.out << "accepted, to " << envelope.to << ", as " << envelope.message_id << '\n';
      return ExitCode::kDone;
    }
    const std::string words = "test mail to " + envelope.to + " not accepted: " + trouble + ": " + report.reply;
    if (is_refusal(report.delivery)) throw engine::RefusedError(words);
    throw engine::UnavailableError(words);
  }

  std::unique_ptr<mail::Mailer> relay(Console& console, const mail::SmtpTrace& trace) const try {
    return workflows_.mail().make_mailer(console.secrets, trace);
  } catch (const engine::RefusedError& error) {
    throw UsageError(error.what());
  }

  Workflows& workflows_;
  std::string to_;
  CLI::App* preview_ = nullptr;
  MailPart part_ = MailPart::kText;
  workflow::MailPreviewRequest request_{.payload = "", .organisation = "Acme Lettings"};
};

}  // namespace

std::unique_ptr<Verb> make_mail(CLI::App& command, Workflows& workflows) {
  return std::make_unique<MailVerb>(command, workflows);
}

}  // namespace pawl::bin
