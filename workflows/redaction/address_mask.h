// Takes mail addresses out of texts, so that those that were the same still are.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

namespace pawl::redaction {

/// Puts `person1@masked.invalid` and so on in place of each address, the same for the same one, for as long as the
/// mask lives; in other letters, upper or lower case, it is another one, as it is for whoever keeps it. Of a JSON text
/// it makes a JSON text. What looks like an address is taken for one, as a Message-ID is; local parts in quotes are not
/// found. One thread.
class AddressMask {
 public:
  std::string masked(std::string_view text);

 private:
  std::unordered_map<std::string, std::size_t> known_;
};

}  // namespace pawl::redaction
