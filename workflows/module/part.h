// What a workflow and a part that workflows share have in common: settings, migrations, and access to be checked.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/faults/crash_point.h"
#include "storage/migrations/migrations.h"
#include "storage/postgres/address.h"
#include "storage/postgres/epoch.h"
#include "workflows/module/setting.h"
#include "workflows/redaction/own_secrets.h"

namespace pawl::workflow {

/// What a worker gives to the workflows that run in it.
struct WorkerContext {
  storage::PostgresAddress address;
  const storage::Epoch& epoch;  ///< Adapters write under it; each registration sets it anew. Outlives them.
  std::shared_ptr<redaction::OwnSecrets> secrets;  ///< Whoever reads a password adds it.
  /// Takes a sentence of what an adapter found while it worked, on any thread; may be empty.
  std::function<void(const std::string&)> warn{};
};

class SharedPart;

/// Lives as long as the command line. One thread, but for what the adapters that it makes say of theirs.
class Part {
 public:
  Part() = default;
  virtual ~Part() = default;
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  virtual std::string name() const = 0;  ///< kebab-case.

  /// The shared parts without which it cannot run.
  virtual std::vector<SharedPart*> uses() const { return {}; }

  /// The same whenever it is asked: the command line declares them, then looks for what is missing.
  virtual std::vector<Setting> settings() { return {}; }

  /// The lines that `pawl migrate` applies for it, in order; the outbox's own need not be named.
  virtual storage::MigrationLines migrations() const { return {}; }

  /// Where a test may kill it.
  virtual std::vector<engine::CrashPlace> crash_places() const { return {}; }

  /// Asks the world for nothing, at each registration. Throws engine::RefusedError when it lacks, or denies, what a
  /// step needs. Only once open.
  virtual void check_access() {}

  /// What whoever starts a worker with these settings should know, a sentence each.
  virtual std::vector<std::string> warnings() const { return {}; }
};

/// What several workflows use, and one worker has once: it is open before they are, and behind what it uses itself.
class SharedPart : public Part {
 public:
  /// Makes its adapters, once, and asks the world for nothing yet. Throws engine::RefusedError for a setting that
  /// cannot be used.
  virtual void open(const WorkerContext& worker) = 0;
};

/// The shared parts of a worker, each made by the first that asks for it, with these parts where its constructor takes
/// them: it may ask for those that it uses.
class Parts {
 public:
  template <class Shared>
  Shared& shared() {
    for (const auto& part : parts_)
      if (auto* found = dynamic_cast<Shared*>(part.get())) return *found;
    std::unique_ptr<Shared> made;
    if constexpr (std::is_constructible_v<Shared, Parts&>)
      made = std::make_unique<Shared>(*this);
    else
      made = std::make_unique<Shared>();
    parts_.push_back(std::move(made));
    return static_cast<Shared&>(*parts_.back());
  }
  const std::vector<std::unique_ptr<SharedPart>>& all() const { return parts_; }

 private:
  std::vector<std::unique_ptr<SharedPart>> parts_;
};

}  // namespace pawl::workflow
