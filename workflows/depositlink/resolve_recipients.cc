// Asks the directory once for each organisation of the batch, however many of its connections failed.
#include "workflows/depositlink/resolve_recipients.h"

#include <algorithm>
#include <map>

#include "engine/faults/crash_point.h"
#include "workflows/depositlink/crash_points.h"
#include "workflows/mail/message/address.h"
#include "workflows/redaction/safe_text.h"
#include "workflows/text/json_text.h"

namespace pawl::depositlink {

namespace {

constexpr std::size_t kOrgNameMax = 120;

// A user's each, normalised; empty where it cannot be used.
std::vector<std::string> usable_addresses(const Recipients& recipients) {
  std::vector<std::string> usable;
  for (const std::string& email : recipients.emails) {
    std::string address = mail::normalised_address(email);
    usable.push_back(mail::why_unusable(address) ? std::string() : std::move(address));
  }
  return usable;
}

// One mail a mailbox, however many accounts have it. What cannot be sent to is nobody's mailbox: each of its users is
// told of by himself.
std::vector<std::vector<std::string>> shared_mailboxes(const Recipients& recipients,
                                                       const std::vector<std::string>& addresses) {
  std::map<std::string, std::vector<std::string>> users_of;
  for (std::size_t user = 0; user < addresses.size(); ++user)
    if (!addresses[user].empty()) users_of[mail::mailbox_key(addresses[user])].push_back(recipients.user_ids.at(user));
  std::vector<std::vector<std::string>> shared;
  for (auto& [mailbox, users] : users_of)
    if (users.size() > 1) shared.push_back(std::move(users));
  std::sort(shared.begin(), shared.end());
  return shared;
}

std::vector<std::string> domains_of(const std::vector<std::string>& addresses) {
  std::vector<std::string> domains;
  for (const std::string& address : addresses) domains.push_back(mail::mail_domain(address));
  while (domains.size() > 1 && domains.back() == domains[domains.size() - 2]) domains.pop_back();
  if (domains.size() == 1 && domains.front().empty()) domains.clear();
  return domains;
}

void append_texts(std::string& json, const std::vector<std::string>& texts) {
  json += '[';
  for (const std::string& text : texts) {
    if (&text != &texts.front()) json += ',';
    text::append_json_text(json, text);
  }
  json += ']';
}

}  // namespace

std::string to_checkpoint(const Recipients& recipients) {
  std::string json = "{";
  if (!recipients.domains.empty()) {
    json += "\"domains\":";
    append_texts(json, recipients.domains);
    json += ',';
  }
  json += "\"org_name\":";
  text::append_json_text(json, recipients.org_name);
  if (!recipients.shared_mailboxes.empty()) {
    json += ",\"shared_mailboxes\":[";
    for (const auto& users : recipients.shared_mailboxes) {
      if (&users != &recipients.shared_mailboxes.front()) json += ',';
      append_texts(json, users);
    }
    json += ']';
  }
  json += ",\"user_ids\":";
  append_texts(json, recipients.user_ids);
  return json += '}';
}

void from_json(const nlohmann::json& json, Recipients& recipients) {
  json.at("org_name").get_to(recipients.org_name);
  json.at("user_ids").get_to(recipients.user_ids);
  if (const auto domains = json.find("domains"); domains != json.end()) domains->get_to(recipients.domains);
  if (const auto shared = json.find("shared_mailboxes"); shared != json.end())
    shared->get_to(recipients.shared_mailboxes);
}

void make_storable(Recipients& recipients) {
  recipients.org_name = redaction::safe_line(recipients.org_name, kOrgNameMax);
  const std::vector<std::string> addresses = usable_addresses(recipients);
  recipients.shared_mailboxes = shared_mailboxes(recipients, addresses);
  recipients.domains = domains_of(addresses);
  recipients.emails.clear();
}

ResolveRecipients::ResolveRecipients(RecipientDirectory& directory, engine::StepOptions options)
    : Step("resolve-recipients", options), directory_(directory) {}

void ResolveRecipients::execute(engine::Batch<std::string, Recipients>& batch) {
  std::vector<std::string> org_ids;
  for (const auto& item : batch) org_ids.push_back(item.input());
  std::sort(org_ids.begin(), org_ids.end());
  org_ids.erase(std::unique(org_ids.begin(), org_ids.end()), org_ids.end());

  std::vector<Recipients> found = directory_.owners_and_admins(org_ids);
  for (Recipients& recipients : found) make_storable(recipients);
  for (auto& item : batch) {
    const auto org = std::lower_bound(org_ids.begin(), org_ids.end(), item.input());
    item.succeed(found.at(static_cast<std::size_t>(org - org_ids.begin())));
  }
  engine::crash_point(kAfterResolve);
}

}  // namespace pawl::depositlink
