// A count in words that a person reads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pawl::engine {

/// "1 run", "2 runs": `one` takes an s.
inline std::string counted(std::int64_t count, std::string_view one) {
  return std::to_string(count).append(" ").append(one).append(count == 1 ? "" : "s");
}

}  // namespace pawl::engine
