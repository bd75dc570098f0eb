// One registration of the worker: adapters, lanes and runner under one epoch, torn down together when the lease is lost.
#pragma once

#include <memory>

#include "bin/settings.h"
#include "engine/checkpoints.h"
#include "engine/notice.h"
#include "engine/runner.h"
#include "workflows/mail/mailer.h"

namespace pawl::bin {

/// What outlives a registration.
struct WorkerWorld {
  const Settings& settings;
  engine::Checkpoints& checkpoints;
  mail::Mailer& mailer;
  const engine::Clock& clock;
  engine::Observer& observer;
};

class WorkerSession {
 public:
  explicit WorkerSession(const WorkerWorld& world);
  /// Stops the lanes first, then lets the ports go that their threads used.
  ~WorkerSession();

  engine::Runner& runner();

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace pawl::bin
