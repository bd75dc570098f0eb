// A setting that a workflow, or a part that workflows share, brings to the command line.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "engine/authoring/clock.h"
#include "engine/authoring/retry_policy.h"

namespace pawl::workflow {

/// One of a few words.
struct Choice {
  std::vector<std::string> words;
  std::function<void(std::size_t)> take;  ///< Gets the index of the word that was given.
};

/// What is given goes where `value` points, which holds the default and outlives the command line.
using SettingValue = std::variant<std::string*, std::size_t*, engine::Duration*, Choice>;

/// Given as any other: by the flag `--NAME`, the variable `PAWL_NAME`, or the key `NAME` of the config file.
struct Setting {
  std::string name;  ///< kebab-case, unique among all that the worker is brought.
  SettingValue value;
  std::string meaning;         ///< For the help, with its default.
  std::string required = {};   ///< Of a text that whoever runs it must give: what it is, and a form that is taken.
  std::string example = {};    ///< Of a required text: a value that the help may try it with.
  std::string in_replay = {};  ///< Stands for a required text where there is only code and checkpoints.
};

/// The retry policy of one step of a workflow, given by `--retry-WORKFLOW-STEP`.
struct StepRetry {
  std::string step;
  engine::RetryPolicy& policy;  ///< Holds the default; outlives the command line.
};

/// Gives each required text what stands for it in replay.
void set_for_replay(const std::vector<Setting>& settings);

}  // namespace pawl::workflow
