// The port to who is to be told: an organisation's owners and admins, read from the application's database.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

namespace pawl::depositlink {

/// Who was found, by user id; checkpointed. Names and addresses are read again just before they are used.
struct Recipients {
  std::string org_name;               ///< Empty when the organisation has no recipients.
  std::vector<std::string> user_ids;  ///< Sorted, without duplicates.
  /// The users who get one mail together, since their addresses are one mailbox's: two or more each, sorted. The first
  /// is whom the mail is for and whose id is its key, while he is eligible.
  std::vector<std::vector<std::string>> shared_mailboxes = {};
  /// The directory's answer alone, and not checkpointed: a user's address each, as typed; may be empty.
  std::vector<std::string> emails = {};
  /// The domain of each user's address in lower case, empty where the address cannot be used; the last one is also that
  /// of all users behind it, since most colleagues share theirs. None where no address can be used, or where a
  /// checkpoint does not tell.
  std::vector<std::string> domains = {};

  /// Of the user at that index; empty where it is not known.
  const std::string& domain_of(std::size_t user) const {
    static const std::string kUnknown;
    return domains.empty() ? kUnknown : domains[std::min(user, domains.size() - 1)];
  }
};
/// Makes of a directory's answer what is checkpointed: the name plain, the shared mailboxes found, no address kept.
void make_storable(Recipients& recipients);
std::string to_checkpoint(const Recipients& recipients);
/// Reads checkpoints of builds without shared mailboxes or domains too.
void from_json(const nlohmann::json& json, Recipients& recipients);

/// Safe to call from several threads. Throws engine::UnavailableError when the database cannot be reached.
class RecipientDirectory {
 public:
  virtual ~RecipientDirectory() = default;
  /// The owners and admins of each organisation, in the order of the ids; nobody else, ever.
  virtual std::vector<Recipients> owners_and_admins(std::span<const std::string> org_ids) = 0;
  /// Reads nothing by the same statement. Throws as that would where the database refuses every organisation.
  virtual void check_access() {}
};

}  // namespace pawl::depositlink
