// A workflow declared by the type of its input: how a payload becomes one, and the coroutine that is given it.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "engine/authoring/errors.h"
#include "engine/authoring/event.h"
#include "engine/authoring/run.h"
#include "engine/authoring/workflow.h"

namespace pawl::engine {

/// What became of a payload: the input, or why it is refused. A refusal fails its own run, before any step, and no
/// other. The payload is stored as it is, and archived with the secrets taken out that the worker finds in its strings,
/// unless something else is said to take its place, which decodes to the same input or refusal.
template <class Input>
struct Decoded {
  Decoded(Input from) : input(std::move(from)) {}
  Decoded(PermanentError refusal) : input(std::move(refusal)) {
    problems.emplace_back(std::get<PermanentError>(input).what());
  }
  Decoded(const PayloadRefused& refusal)
      : input(static_cast<const PermanentError&>(refusal)), problems(refusal.problems()) {}

  std::variant<Input, PermanentError> input;
  std::vector<std::string> problems{};    ///< Of a refusal: each reason for it, where it was found by looking at all.
  std::optional<std::string> kept{};      ///< For the store, that no secret may reach; nothing: the payload.
  std::optional<std::string> archived{};  ///< For the archive; empty: the payload; nothing: its strings redacted.
};

/// What nlohmann says of a payload, in words that quote nothing of it, but for a name that was asked for and is not
/// there.
inline std::string payload_problem(const nlohmann::json::exception& error) {
  const std::string what = error.what();
  if (error.id == 101)
    return "not JSON, from byte " + std::to_string(static_cast<const nlohmann::json::parse_error&>(error).byte) + " on";
  if (error.id == 406) return "a number is out of range";
  if (error.id / 100 == 3 || error.id == 403) return what.substr(what.find("] ") + 2);  // names types; a missing name
  return "it cannot be converted: " + what.substr(1, what.find(']') - 1);
}

/// By the conversions from JSON that `Input` has (NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE). What is no JSON, or lacks a
/// field, is refused, in words that quote nothing of the payload. What a conversion of its own throws is in its words.
template <class Input>
Decoded<Input> decode_json(const std::string& payload) {
  try {
    return nlohmann::json::parse(payload).template get<Input>();
  } catch (const nlohmann::json::exception& error) {
    return PermanentError("payload: " + payload_problem(error));
  }
}

/// Calls the coroutine: `(Run, Input)`, or `(Run, Input, const Event&)` where the payload is not all that it needs. The
/// event lives for the call only.
template <class Input>
class CoroutineCall {
 public:
  template <class Call>
  CoroutineCall(Call call) {  // implicit, so that a lambda is one
    if constexpr (std::is_invocable_v<Call, Run, Input, const Event&>)
      call_ = std::move(call);
    else
      call_ = [call = std::move(call)](Run run, Input input, const Event&) { return call(run, std::move(input)); };
  }
  Workflow operator()(Run run, Input input, const Event& event) const { return call_(run, std::move(input), event); }

 private:
  std::function<Workflow(Run, Input, const Event&)> call_;
};

/// All of a workflow. Its name and its event's type are on disk for ever.
template <class Input>
struct TypedWorkflow {
  std::string name;        ///< kebab-case, verb first.
  std::string event_type;  ///< The one type of event that starts it.
  CoroutineCall<Input> body;
  decltype(WorkflowDefinition::steps) steps;        ///< Every step it may start; not owned.
  decltype(WorkflowDefinition::retries) retries{};  ///< Of steps that are tried again in another way here.
  /// Pure, and called on the engine's thread. What it throws fails the run as well, and nothing of the payload is
  /// stored then.
  std::function<Decoded<Input>(const std::string& payload)> decode = decode_json<Input>;
};

/// The same payload is asked for three times in a row: what to keep, what to archive, what to run. Decodes it once.
template <class Input>
class PayloadDecoder {
 public:
  explicit PayloadDecoder(std::function<Decoded<Input>(const std::string&)> decode) : decode_(std::move(decode)) {}

  const Decoded<Input>& look(const std::string& payload) {
    if (last_ && payload == payload_) return *last_;
    last_.reset();  // also where it throws
    last_.emplace(decode_(payload));
    payload_ = payload;
    return *last_;
  }
  /// Throws PermanentError where the payload is refused.
  Input take(const std::string& payload) {
    look(payload);
    Decoded<Input> decoded = *std::exchange(last_, std::nullopt);
    if (auto* refusal = std::get_if<PermanentError>(&decoded.input)) throw *refusal;
    return std::get<Input>(std::move(decoded.input));
  }

 private:
  const std::function<Decoded<Input>(const std::string&)> decode_;
  std::string payload_;
  std::optional<Decoded<Input>> last_;  ///< Of `payload_`.
};

/// What main registers: `define<Order>({.name = …, .event_type = …, .body = …, .steps = …})`.
template <class Input>
WorkflowDefinition define(TypedWorkflow<Input> workflow) {
  const auto decoder = std::make_shared<PayloadDecoder<Input>>(std::move(workflow.decode));
  const auto start = [decoder, body = std::move(workflow.body)](Run run, const Event& event) {
    return body(run, decoder->take(event.payload), event);
  };
  const auto keep = [decoder](const std::string& payload) { return decoder->look(payload).kept.value_or(payload); };
  const auto archive = [decoder](const std::string& payload) { return decoder->look(payload).archived; };
  const auto problems = [decoder](const std::string& payload) { return decoder->look(payload).problems; };
  return {.name = std::move(workflow.name),
          .event_type = std::move(workflow.event_type),
          .start = start,
          .steps = std::move(workflow.steps),
          .payload_to_keep = keep,
          .payload_to_archive = archive,
          .retries = std::move(workflow.retries),
          .payload_problems = problems};
}

}  // namespace pawl::engine
