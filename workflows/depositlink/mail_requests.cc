// Gathers the users of each mailbox behind its first.
#include "workflows/depositlink/mail_requests.h"

#include <map>
#include <set>

namespace pawl::depositlink {

using mail::MailRequest;

std::vector<MailRequest> one_email_a_mailbox(const std::string& org_id, const Recipients& recipients,
                                             const std::shared_ptr<const mail::MailContent>& content) {
  std::map<std::string, std::vector<std::string>> others;  // by the first user of a mailbox
  std::set<std::string> among_others;
  for (const auto& users : recipients.shared_mailboxes) {
    others[users.front()].assign(users.begin() + 1, users.end());
    among_others.insert(users.begin() + 1, users.end());
  }
  std::vector<MailRequest> mails;
  mails.reserve(recipients.user_ids.size());
  for (std::size_t user = 0; user < recipients.user_ids.size(); ++user) {
    const std::string& user_id = recipients.user_ids[user];
    if (!among_others.contains(user_id))
      mails.push_back({content, org_id, user_id, others[user_id], recipients.domain_of(user)});
  }
  return mails;
}

}  // namespace pawl::depositlink
