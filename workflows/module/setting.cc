// Fills settings in without anybody who gives them.
#include "workflows/module/setting.h"

namespace pawl::workflow {

void set_for_replay(const std::vector<Setting>& settings) {
  for (const Setting& setting : settings)
    if (const auto* text = std::get_if<std::string*>(&setting.value); text && !setting.required.empty())
      **text = setting.in_replay;
}

}  // namespace pawl::workflow
