// Lives, dies, and starts again.
#include "tests/simulation/process.h"

#include <algorithm>
#include <array>

#include "engine/authoring/errors.h"

namespace pawl::simulation {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr Duration kTenYears = hours{24 * 3653};
constexpr Duration kDrainTimeout = minutes{1};

engine::RunnerOptions runner_options(World& world) {
  engine::RunnerOptions options;
  options.moving_max = static_cast<std::size_t>(world.options.moving_max);
  options.claim_max = static_cast<std::size_t>(world.options.claim_max);
  options.deliveries_max = world.options.deliveries_max;
  options.lease = seconds{world.options.lease_seconds};
  options.idle_wait = options.lease / 5;
  options.hang_after = seconds{world.options.hang_seconds};
  options.seed = world.random.number() | 1;
  return options;
}

}  // namespace

// One registration: lanes, outbox and runner under one epoch.
struct Process::Session {
  Session(Process& process, Life& life);
  ~Session() { site.lanes = nullptr; }

  Site& site;
  TimedLanes lanes;
  FaultyOutbox outbox;
  FaultyCheckpoints checkpoints;
  engine::Runner runner;
  bool opened = false;
  Timestamp drain_until = Timestamp::max();
};

// From start to death: the clock and the code outlive a lost lease.
struct Process::Life {
  explicit Life(Process& process)
      : clock(process.outside_.world, process.wall_is_off_),
        site{process.name_,
             process.outside_,
             process.store_.get(),
             nullptr,
             [&process] { return process.epoch(); },
             [&process] { process.interlude_(process); },
             false},
        code(site) {}

  ProcessClock clock;
  Site site;
  Code code;
  std::unique_ptr<Session> session;
};

Process::Session::Session(Process& process, Life& life)
    : site(life.site),
      lanes(process.outside_.world, process.name_, engine::lane_specs(life.code.definitions())),
      outbox(process.outside_.world, process.outside_.postgres, process.outside_.oracle, *process.store_, lanes,
             process.name_),
      checkpoints(process.outside_.world, *process.store_, process.name_),
      runner({outbox, checkpoints, life.clock, lanes, process}, life.code.definitions(),
             runner_options(process.outside_.world)) {
  site.lanes = &lanes;
}

Process::Process(Outside& outside, std::string name, const Store& store, std::function<void(Process&)> interlude)
    : outside_(outside),
      name_(std::move(name)),
      store_(std::make_unique<Store>(store)),
      interlude_(std::move(interlude)) {}
Process::~Process() = default;

std::int64_t Process::epoch() const { return life_ && life_->session ? life_->session->outbox.epoch() : 0; }

bool Process::idle() const {
  return life_ && life_->session && life_->session->opened && life_->session->runner.idle();
}

std::string Process::describe() const {
  if (!life_ || !life_->session) return name_ + " (down)";
  const engine::RunnerStatus status = life_->session->runner.status();
  std::string paused;
  for (const auto& circuit : status.open_circuits) paused += ", " + circuit.step + " paused: " + circuit.reason;
  return name_ + " (" + std::to_string(status.moving) + " moving, " + std::to_string(status.waiting) + " waiting" +
         paused + (status.outbox_error.empty() ? "" : ", " + status.outbox_error) +
         (status.checkpoints_error.empty() ? "" : ", " + status.checkpoints_error) + ")";
}

void Process::on(const engine::Notice& notice) {
  constexpr std::array kWords{"started",        "resumed",        "ended",       "cancelled",      "retry now",
                              "misfit",         "left",           "pruned",      "attempt failed", "step failed",
                              "circuit opened", "circuit closed", "outbox down", "outbox up",      "checkpoints down",
                              "checkpoints up"};
  static_assert(kWords.size() == static_cast<std::size_t>(engine::NoticeKind::kCheckpointsUp) + 1);
  outside_.world.note(name_, kWords.at(static_cast<std::size_t>(notice.kind)), notice.run_id);
}

void Process::turn() {
  World& world = outside_.world;
  busy_ = false;
  next_ = world.now;
  try {
    live();
  } catch (const Killed& killed) {
    die(killed.by);
  } catch (const engine::LeaseLostError& error) {
    world.note(name_, "lease lost", error.what());
    outside_.oracle.redelivered_by_fault();
    life_->session.reset();
    not_before_ = world.now + seconds{1};
  } catch (const engine::HungError& error) {
    world.note(name_, "hung", error.what());
    die(Fault::kPoisonHangs);
  } catch (const engine::UnavailableError& error) {
    world.note(name_, "unavailable", error.what());
    not_before_ = world.now + seconds{1};
  } catch (const engine::StoreCopiedError& error) {
    world.note(name_, "gave way to a copy", error.what());
    outside_.oracle.redelivered_by_fault();
    end_life(seconds{10});  // a supervisor starts it again, for as long as it takes
  } catch (const engine::RefusedError& error) {
    world.broken("P9: the engine of " + name_ + " gave up: " + error.what());
  }
}

void Process::live() {
  if (!life_) {
    if (outside_.world.strike(Fault::kWallClockJump, name_)) {
      const Duration jumps[] = {hours{1}, -hours{1}, kTenYears, -kTenYears};
      wall_is_off_ = wall_is_off_.count() ? Duration{0} : jumps[outside_.world.random.between(0, 3)];
    }
    life_ = std::make_unique<Life>(*this);
  }
  if (!life_->session) life_->session = std::make_unique<Session>(*this, *life_);
  Session& session = *life_->session;
  if (!session.opened) {
    session.runner.open();
    session.opened = true;
  }
  session.runner.turn(std::min<Duration>(seconds{outside_.world.options.lease_seconds} / 6, seconds{2}));
  busy_ = session.lanes.busy();
  next_ = session.lanes.next();
  check(session.runner);
}

void Process::check(engine::Runner& runner) {
  World& world = outside_.world;
  if (runner.status().moving > static_cast<std::size_t>(world.options.moving_max))
    world.broken("memory: " + std::to_string(runner.status().moving) + " runs move in " + name_ + ", more than " +
                 std::to_string(world.options.moving_max));
  if (runner.drained()) {
    check_leases("drained", true);
    world.note(name_, "drained");
    return end_life(world.random.duration(milliseconds{100}, seconds{20}));
  }
  if (runner.idle()) check_leases("idle", false);
  if (world.now > life_->session->drain_until) die(Fault::kCleanStop);
}

// A worker that says that it has nothing holds nothing.
void Process::check_leases(const char* state, bool waiting_may_stay) {
  for (const auto& [position, row] : outside_.postgres.table.rows) {
    if (row.lease_epoch != epoch() || life_->session->outbox.reply_is_coming(position)) continue;
    const auto runs = store_->checkpoints.find(std::span(&row.event.id, 1));
    const bool waits = !runs.empty() && runs.front().status == engine::RunStatus::kWaiting;
    if (waits && waiting_may_stay) continue;
    outside_.world.broken("P9: " + name_ + " is " + state + " and still holds " + row.event.id);
  }
}

void Process::die(Fault by) {
  outside_.world.note(name_, "dies of", name_of(by));
  if (by != Fault::kPoisonCrashes && by != Fault::kPoisonHangs) outside_.oracle.redelivered_by_fault();
  end_life(outside_.world.faults_on ? outside_.world.random.duration(milliseconds{100}, minutes{3}) : seconds{1});
  replace_store();
}

void Process::end_life(Duration down) {
  life_.reset();
  not_before_ = outside_.world.now + down;
}

void Process::replace_store() {
  if (outside_.world.strike(Fault::kStoreLost, name_)) {
    store_ = std::make_unique<Store>(name_ + "-" + std::to_string(++stores_));
    backups_.clear();
    outside_.oracle.redelivered_by_fault();
  } else if (!backups_.empty() && outside_.world.strike(Fault::kStoreRolledBack, name_)) {
    outside_.oracle.redelivered_by_fault();
    const int older = outside_.world.random.between(0, static_cast<int>(backups_.size()) - 1);
    store_ = std::make_unique<Store>(*backups_[static_cast<std::size_t>(older)]);
  }
}

void Process::stop_for(Duration time, bool clock_too) {
  not_before_ = outside_.world.now + time;
  if (clock_too && life_) {
    life_->clock.stand_still(time);
    life_->site.clock_stood_still = true;
  }
  outside_.oracle.redelivered_by_fault();
}

void Process::begin_clean_stop() {
  if (!life_ || !life_->session || !life_->session->opened) return;
  life_->session->runner.drain();
  life_->session->drain_until = outside_.world.now + kDrainTimeout;
}

void Process::ring() {
  if (life_ && life_->session) life_->session->lanes.ring();
}

void Process::recover() {
  if (!life_) not_before_ = std::min(not_before_, outside_.world.now + seconds{1});
  wall_is_off_ = Duration{0};
  store_->full = false;
}

}  // namespace pawl::simulation
