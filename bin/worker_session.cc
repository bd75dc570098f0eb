// Wires one registration.
#include "bin/worker_session.h"

#include "bin/version.h"
#include "bin/workflows.h"
#include "engine/thread_lanes.h"
#include "storage/postgres_inbox.h"
#include "storage/postgres_mail_ledger.h"
#include "storage/postgres_outbox.h"
#include "storage/postgres_recipients.h"

namespace pawl::bin {

namespace {

storage::PostgresOutboxOptions outbox_options(const Settings& settings) {
  return {
      .conninfo = settings.postgres, .version = kVersion, .lease = settings.lease, .listen = settings.doorbell};
}

engine::RunnerOptions runner_options(const Settings& settings) {
  engine::RunnerOptions options;
  options.moving_max = settings.moving_max;
  options.deliveries_max = settings.deliveries_max;
  options.lease = settings.lease;
  options.retention = settings.retention;
  return options;
}

}  // namespace

// Members are in order of dependence, so that each is destroyed before what it uses: the runner first, which stops the
// lanes.
class WorkerSession::Body {
 public:
  explicit Body(const WorkerWorld& world)
      : outbox_(outbox_options(world.settings), epoch_),
        recipients_(world.settings.postgres),
        inbox_(world.settings.postgres, epoch_),
        ledger_(world.settings.postgres, epoch_,
                world.settings.in_doubt == InDoubt::kHold ? storage::InDoubtPolicy::kHold
                                                          : storage::InDoubtPolicy::kResend),
        workflows_({recipients_, inbox_, ledger_, world.mailer}, world.settings),
        lanes_(engine::lane_specs(workflows_.definitions())),
        runner_({outbox_, world.checkpoints, world.clock, lanes_, world.observer}, workflows_.definitions(),
                runner_options(world.settings)) {}

  engine::Runner& runner() { return runner_; }

 private:
  storage::Epoch epoch_{0};
  storage::PostgresOutbox outbox_;
  storage::PostgresRecipients recipients_;
  storage::PostgresInbox inbox_;
  storage::PostgresMailLedger ledger_;
  Workflows workflows_;
  engine::ThreadLanes lanes_;
  engine::Runner runner_;
};

WorkerSession::WorkerSession(const WorkerWorld& world) : body_(std::make_unique<Body>(world)) {}
WorkerSession::~WorkerSession() = default;

engine::Runner& WorkerSession::runner() { return body_->runner(); }

}  // namespace pawl::bin
