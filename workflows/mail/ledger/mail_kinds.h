// The workflows and steps that the mails of a statement are of, each pair of them once.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "storage/postgres/binary_array.h"

namespace pawl::mail {

/// Nearly always one pair for all mails of a statement: each mail names it by its index. What they are called outlives
/// it.
class MailKinds {
 public:
  /// The next mail's.
  void add(const std::string& workflow, const std::string& step) {
    const auto [kind, is_new] = indexes_.try_emplace({workflow, step}, indexes_.size() + 1);
    if (is_new) {
      workflows_.add(workflow);
      steps_.add(step);
    }
    of_mails_.add(static_cast<std::int64_t>(kind->second));
  }

  std::string_view workflows() const { return workflows_.bytes(); }
  std::string_view steps() const { return steps_.bytes(); }
  std::string_view of_mails() const { return of_mails_.bytes(); }

 private:
  std::map<std::pair<std::string_view, std::string_view>, std::size_t> indexes_;
  storage::TextArray workflows_;
  storage::TextArray steps_;
  storage::BigintArray of_mails_;
};

}  // namespace pawl::mail
