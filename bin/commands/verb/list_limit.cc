// Lifts the limit, or says what it hides.
#include "bin/commands/verb/list_limit.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <limits>

namespace pawl::bin {

namespace {

constexpr std::size_t kNoLimit = std::numeric_limits<std::int64_t>::max() / 2;

}  // namespace

void lift_limit_for_ids(OutputFormat format, const CLI::Option& limit, std::size_t& most) {
  if (format == OutputFormat::kIds && limit.count() == 0) most = kNoLimit;
}

void tell_may_be_more(std::size_t shown, Console& console) {
  console.note() << "there may be more than these " << shown << "; --limit takes another number, -o ids gives all\n";
}

}  // namespace pawl::bin
