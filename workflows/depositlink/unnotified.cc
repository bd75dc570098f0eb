// Compares what was asked of both channels with what became of it.
#include "workflows/depositlink/unnotified.h"

namespace pawl::depositlink {

using mail::MailReceipt;
using mail::MailRequest;

namespace {

std::string not_shown(const InAppRequest& in_app, const engine::Started<InAppRequest, InAppReceipt>& shown) {
  const std::size_t users = in_app.recipients.user_ids.size();
  const std::size_t rows = shown.failed() ? users : static_cast<std::size_t>(shown.output().rows);
  if (rows >= users) return "";
  const std::string who = rows == 0 ? "nobody told in the app"
                                    : "told in the app: " + std::to_string(rows) + " of " + std::to_string(users);
  return who + ": who has no notification left meanwhile, or a trigger or rule of the application's keeps it out";
}

std::string not_mailed(const std::vector<MailRequest>& mails, const engine::Started<MailRequest, MailReceipt>& sent) {
  constexpr std::size_t kNamedMax = 5;
  std::string text;
  std::size_t count = 0;
  for (std::size_t mail = 0; mail < mails.size(); ++mail) {
    if (sent.failed(mail) || sent.output(mail).state != "suppressed" || ++count > kNamedMax) continue;
    text += (text.empty() ? "no mail to " : "; no mail to ") + mails[mail].recipient + ": " + sent.output(mail).detail;
  }
  if (count > kNamedMax) text += "; and to " + std::to_string(count - kNamedMax) + " more";
  return text;
}

}  // namespace

std::string unnotified(const InAppRequest& in_app, const engine::Started<InAppRequest, InAppReceipt>& shown,
                     const std::vector<MailRequest>& mails, const engine::Started<MailRequest, MailReceipt>& sent) {
  std::string text = not_shown(in_app, shown);
  const std::string unmailed = not_mailed(mails, sent);
  if (!text.empty() && !unmailed.empty()) text += "; ";
  return text + unmailed;
}

}  // namespace pawl::depositlink
