// A step that does one item after the other, for services that take no batches.
#pragma once

#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>

#include "engine/authoring/errors.h"
#include "engine/authoring/step.h"

namespace pawl::engine {

/// The output of a step that has nothing to tell but that it is done.
struct Done {};
inline void to_json(nlohmann::json& json, const Done&) { json = nlohmann::json::object(); }
inline void from_json(const nlohmann::json&, Done&) {}

/// Derive from it, name the step in the constructor, and write `execute_item`. A call has up to `batch_max` items,
/// which it does in turn on one thread: of a service that takes its time, ask with few of them and much parallelism.
template <class In, class Out>
class ItemStep : public Step<In, Out> {
 public:
  using Step<In, Out>::Step;

  /// Returns the item's output. A PermanentError fails it for good; errors of the service (UnavailableError,
  /// RefusedError) pause the step, and this item and those behind it lose no attempt; after any other exception it is
  /// tried again. Called on up to `parallelism` threads at once.
  virtual Out execute_item(const Item<In, Out>& item) = 0;

  void execute(Batch<In, Out>& batch) final {
    for (Item<In, Out>& item : batch) try {
        item.succeed(execute_item(item));
      } catch (const PermanentError& error) {
        item.fail(error.what(), error.code());
      } catch (const ServiceError&) {
        throw;
      } catch (const LeaseLostError&) {
        throw;
      } catch (const std::system_error&) {  // the engine tells a host without resources from an item at fault
        throw;
      } catch (const std::exception& error) {
        item.retry(error.what(), {}, code_of(error));
      }
  }

 protected:
  /// The key of the item's effect for a service that refuses keys it has seen: the same in every attempt, replay and
  /// takeover, and nobody else's.
  std::string idempotency_key(const Item<In, Out>& item) const {
    const std::string effect = item.workflow() + "/" + item.effects_id() + "/" + this->name();
    return item.key().empty() ? effect : effect + "/" + item.key();
  }
};

}  // namespace pawl::engine
