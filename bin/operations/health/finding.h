// One thing that is wrong, or worth knowing, with what to do.
#pragma once

#include <string>
#include <vector>

namespace pawl::bin {

struct Finding {
  /// A problem makes `status` and `doctor` exit with 1; a note does not.
  enum class Weight { kProblem, kNote };

  Weight weight = Weight::kProblem;
  std::string what = {};
  std::string why = {};  ///< Why it matters.
  std::string advice = {};
};
using Findings = std::vector<Finding>;

bool any_problem(const Findings& findings);

}  // namespace pawl::bin
