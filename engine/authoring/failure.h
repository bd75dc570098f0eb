// Why an execution or a run failed, in words that programs compare.
#pragma once

#include <cstddef>
#include <string>

namespace pawl::engine {

/// What ended it.
enum class FailureClass {
  kNone,       ///< It has not failed.
  kPermanent,  ///< The step said that trying again cannot help.
  kAttempts,   ///< All attempts were used.
  kAge,        ///< The time that its retries have was over.
  kPoison,     ///< Its event was delivered too often without finishing.
  kPayload,    ///< The event's payload cannot be read.
  kWorkflow,   ///< The workflow's own code threw.
};

/// The words of SQL for it; empty for none.
constexpr const char* to_string(FailureClass klass) {
  switch (klass) {
    case FailureClass::kNone:
      return "";
    case FailureClass::kPermanent:
      return "permanent";
    case FailureClass::kAttempts:
      return "attempts";
    case FailureClass::kAge:
      return "age";
    case FailureClass::kPoison:
      return "poison";
    case FailureClass::kPayload:
      return "payload";
    case FailureClass::kWorkflow:
      return "workflow";
  }
  return "";
}

/// What a word of SQL means; none for any other word, as a later build may have written.
inline FailureClass failure_class_of(const std::string& word) {
  for (int klass = 0; klass <= static_cast<int>(FailureClass::kWorkflow); ++klass)
    if (word == to_string(static_cast<FailureClass>(klass))) return static_cast<FailureClass>(klass);
  return FailureClass::kNone;
}

/// Bytes of a code at most; what a step gives beyond is cut.
inline constexpr std::size_t kFailureCodeMax = 64;

/// Why a run failed, beside its reason in words.
struct Failure {
  std::string step;  ///< Whose failure ended the run; empty where none did.
  std::string key;   ///< The item of it that failed first; empty for a step of one.
  FailureClass klass = FailureClass::kNone;
  std::string code;  ///< What the step gave beside its words, as a relay's status 5.1.1; may be empty.
};

}  // namespace pawl::engine
