// What a step's refusals say together: those of one subject are its own, those of several are the service's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "engine/ports/checkpoints.h"

namespace pawl::engine {

/// The evidence of one step: pure, in memory only, in the order in which things happened and without a clock. A subject
/// is whose item was refused, as the step names it. A tenant is whose it is, and a destination where it goes, as far as
/// is known before it is tried.
class Refusals {
 public:
  using Item = std::pair<RunNumber, std::string>;  ///< A run, and the key of the step in it.

  /// The order of calls and replies; later ones are larger.
  using Moment = std::uint64_t;
  static constexpr std::size_t kRememberedMax = 100'000;  ///< Items and subjects, each.

  explicit Refusals(std::size_t subjects_max) : subjects_max_(subjects_max) {}

  Moment call_begins() { return ++now_; }

  /// The service took items of a call that began then, to these destinations: what was refused before that was not
  /// refused for everybody. A destination that was refused, and is none of these, is to blame by itself until it takes
  /// an item: all its refusals together count as those of one subject. An empty one stands for any.
  void accepted(Moment call_began, const std::set<std::string>& destinations = {});

  struct Refusal {
    std::string subject;
    std::string tenant;
    bool names_account = false;    ///< In words about the account: may never become the item's own.
    std::string destination = {};  ///< Empty: not known.
  };
  /// The service refused this item. True if that is for its own sake: it was refused before, and others were
  /// accepted since.
  bool refused(const Item& item, const Refusal& refusal);
  /// The service refused a call that was about this tenant alone. `presumed`: in words about itself, which one tenant's
  /// rows may have put into its mouth; so this one counts for all until others are accepted.
  void refused_tenant(const std::string& tenant, bool presumed = false);
  /// The service took an item of a call that began after that.
  bool accepted_since(Moment moment) const { return accepted_ > moment; }
  Moment now() const { return now_; }
  /// The same of an item that was out when the step was paused: it adds nothing to what is known.
  void refused_while_paused(const Item& item) { remember(item); }
  /// The service has taken one again: whatever it refused before may have been for everybody.
  void begin_anew();
  /// It needs to be remembered no more.
  void settled(const Item& item) { items_.erase(item); }
  bool remembers_any() const { return !items_.empty(); }

  /// So many subjects were refused, and none was accepted since, that it is the service's refusal.
  bool of_service() const { return subjects_max_ > 0 && subjects_.size() >= (presumed_ ? 1 : subjects_max_); }
  std::size_t subjects() const { return subjects_.size(); }
  /// Whether it matters which destinations take items.
  bool watches_destinations() const { return !subjects_.empty() || !to_blame_.empty(); }

  /// How little is known of an item, the less the better as a probe.
  enum class Rank {
    kNew,          ///< Neither it nor its tenant or destination was refused.
    kTenant,       ///< Its tenant was, elsewhere.
    kDestination,  ///< Its destination was, by others.
    kBoth,         ///< Its tenant and its destination were.
    kRefused,      ///< It was refused itself.
    kNone,         ///< There is no item.
  };
  /// All that a parked item needs for its rank.
  struct Mark {
    std::uint32_t tenant = 0;            ///< A hash; 0 if there is none.
    std::uint32_t destination : 31 = 0;  ///< The same.
    std::uint32_t refused : 1 = 0;
  };
  Mark mark(const Item& item, const std::string& tenant, const std::string& destination = {}) const;
  Rank rank(const Mark& mark) const;
  /// An item of the mark's tenant is woken as a probe.
  void begin_probe(const Mark& mark);
  /// When that was last; 0 if it never was. Among probes of one rank, tenants take turns by it.
  Moment last_probe(const Mark& mark) const;

 private:
  struct Subject {
    Moment refused = 0;
    std::uint32_t destination = 0;
  };

  /// Of 31 bits; 0 for an empty name alone.
  static std::uint32_t hash(const std::string& name);
  const std::string& subject_of(const Refusal& refusal) const;
  void count(const Refusal& refusal);
  void blame_refused_before(Moment call_began, const std::set<std::string>& destinations);
  /// When it was first refused.
  Moment remember(const Item& item);

  std::size_t subjects_max_;
  Moment now_ = 0;
  Moment accepted_ = 0;                      ///< When the latest call began of which an item was accepted.
  bool presumed_ = false;                    ///< One subject's refusal counts for all.
  std::map<std::string, Subject> subjects_;  ///< Refused, and nobody accepted since.
  std::set<std::uint32_t> tenants_;          ///< Of those subjects.
  std::set<std::uint32_t> destinations_;     ///< The same.
  std::set<std::uint32_t> to_blame_;  ///< Destinations refused while others were accepted, and not accepted since.
  std::map<Item, Moment> items_;      ///< When they were first refused; not settled.
  std::map<std::uint32_t, Moment> probed_;  ///< When each tenant was last.
};

}  // namespace pawl::engine
