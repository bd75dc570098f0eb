// The addresses that a statement is about, each of them once.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "storage/postgres/binary_array.h"
#include "workflows/mail/message/address.h"
#include "workflows/mail/message/message_id.h"

namespace pawl::mail {

/// What the ledger calls a recipient who is no user: an id made of his mailbox, the same however the address is spelt.
inline std::string recipient_id(const std::string& address) {
  std::string id = name_digest("mailbox\n" + mailbox_key(normalised_address(address))).substr(0, 32);
  id[12] = '8';  // RFC 9562's version of ids that are made as whoever makes them likes
  id[16] = 'a';
  for (const std::size_t hyphen : {8, 13, 18, 23}) id.insert(hyphen, 1, '-');
  return id;
}

/// Addresses of recipients who are no users of the application, as two parallel arrays.
class DistinctAddresses {
 public:
  /// From 1, as Postgres counts.
  std::int64_t index_of(const std::string& address) {
    const auto [known, is_new] = indexes_.try_emplace(address, indexes_.size() + 1);
    if (is_new) {
      ids_.add(recipient_id(address));
      addresses_.add(address);
    }
    return static_cast<std::int64_t>(known->second);
  }

  std::string_view ids() const { return ids_.bytes(); }
  std::string_view addresses() const { return addresses_.bytes(); }

 private:
  std::map<std::string, std::size_t> indexes_;
  storage::UuidArray ids_;
  storage::TextArray addresses_;
};

}  // namespace pawl::mail
