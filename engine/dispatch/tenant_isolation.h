// The tenants with whom a step's calls fail: they get calls of their own, so that they keep nobody else's waiting.
#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "engine/dispatch/refusals.h"

namespace pawl::engine {

class Execution;
struct RunState;

/// Engine's thread only. One call at a time is about an isolated tenant, and about one alone; a call that is refused
/// halves how many items the tenant's next one has, one that is not doubles it, until the tenant is as any other.
class TenantIsolation {
 public:
  static constexpr std::size_t kTenantsMax = 10'000;

  /// `items_max`: of a call that is not restricted.
  explicit TenantIsolation(std::size_t items_max) : items_max_(items_max) {}

  bool any() const { return !tenants_.empty(); }
  bool holds(const std::string& tenant) const { return tenants_.contains(tenant); }
  /// How many executions wait here.
  std::size_t waiting() const { return waiting_; }
  /// Something waits and no call is out.
  bool may_take() const { return waiting_ > 0 && out_ == nullptr; }

  /// A call with this tenant and others failed: its turn comes after those isolated before.
  void isolate(const std::string& tenant);
  /// A call about so many items of this tenant alone was refused. True if that is for its own sake, since others were
  /// accepted after it was first refused.
  bool refused(const std::string& tenant, std::size_t items, const Refusals& refusals);
  /// A call about it was not refused.
  void accepted(const std::string& tenant);

  void queue(Execution& execution, const std::string& tenant);
  /// The executions of the next call, at most `most`, of the tenant whose turn it is; empty while one is out.
  std::vector<Execution*> take(std::size_t most);
  /// These are the executions of the call that `take` gave last and are back.
  bool returned(const std::vector<Execution*>& executions);
  /// Nothing of this run waits here from now on.
  void withdraw(const RunState& run);
  /// Everything that waits here.
  std::vector<Execution*> evict();

 private:
  struct Tenant {
    std::size_t items = 0;         ///< At most so many in a call.
    Refusals::Moment refused = 0;  ///< When it was first refused alone; 0: it was not.
  };
  struct Waiting {
    std::string tenant;
    std::deque<Execution*> executions;
  };

  Tenant& remember(const std::string& tenant);
  std::deque<Execution*>& turn_of(const std::string& tenant);

  std::size_t items_max_;
  std::map<std::string, Tenant> tenants_;
  std::list<Waiting> turns_;  ///< Some of them may have nothing that waits.
  std::size_t waiting_ = 0;
  const Execution* out_ = nullptr;  ///< The first of the call that is out.
};

}  // namespace pawl::engine
