// Which events may move side by side in one worker, after some of them were in flight when it died: pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>

namespace pawl::engine {

constexpr int kFullCompany = std::numeric_limits<int>::max();

/// A redelivered event may have crashed a worker, so it runs in ever smaller company the fewer deliveries it has left:
/// among how many such events one delivered `deliveries` times before may move. With four left it is hardly suspect,
/// and what was in flight beside a crash comes back at once. The last delivery is alone in the worker, so that whatever
/// dies then died of this event. With none left it is set aside unseen, which needs no care.
constexpr int company_of(int deliveries, int deliveries_max) {
  switch (deliveries <= 0 ? 0 : deliveries_max - deliveries) {
    case 3:
      return 64;
    case 2:
      return 8;
    case 1:
      return 1;
    default:
      return kFullCompany;
  }
}

/// What moves in a worker, and who may join it.
struct Company {
  std::size_t moving = 0;
  std::size_t suspects = 0;     ///< Of those moving, the ones that may not have full company.
  int smallest = kFullCompany;  ///< The least company_of of those moving.

  /// May one whose company_of is `company` move beside them?
  constexpr bool admits(int company) const {
    if (smallest == 1) return false;
    if (company == 1) return moving == 0;
    return company == kFullCompany || suspects < static_cast<std::size_t>(std::min(company, smallest));
  }
  constexpr void add(int company) {
    ++moving;
    suspects += company != kFullCompany;
    smallest = std::min(smallest, company);
  }
};

}  // namespace pawl::engine
