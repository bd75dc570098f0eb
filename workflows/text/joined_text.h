// Texts put together from many pieces with one allocation.
#pragma once

#include <string>
#include <string_view>

namespace pawl::text {

template <class... Pieces>
std::string joined(const Pieces&... pieces) {
  std::string text;
  text.reserve((std::string_view(pieces).size() + ...));
  (text.append(pieces), ...);
  return text;
}

}  // namespace pawl::text
