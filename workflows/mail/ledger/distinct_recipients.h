// The people that a statement is about, each of them once.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "storage/postgres/binary_array.h"

namespace pawl::mail {

/// Members of organisations as two parallel arrays. Looking somebody up costs far more than naming him by his index in
/// them, and many rows of a batch are for the same few. What they are called outlives it.
class DistinctRecipients {
 public:
  /// From 1, as Postgres counts.
  std::int64_t index_of(const std::string& org_id, const std::string& user_id) {
    const auto [person, is_new] = indexes_.try_emplace({org_id, user_id}, indexes_.size() + 1);
    if (is_new) {
      org_ids_.add(org_id);
      user_ids_.add(user_id);
    }
    return static_cast<std::int64_t>(person->second);
  }

  std::string_view org_ids() const { return org_ids_.bytes(); }
  std::string_view user_ids() const { return user_ids_.bytes(); }

 private:
  std::map<std::pair<std::string_view, std::string_view>, std::size_t> indexes_;
  storage::UuidArray org_ids_;
  storage::UuidArray user_ids_;
};

}  // namespace pawl::mail
