// Serves the worker's status over HTTP, on a Unix socket or a loopback port.
#pragma once

#include <memory>
#include <string>

#include "bin/status/board.h"
#include "workflows/redaction/own_secrets.h"

namespace pawl::bin {

/// Serves from a thread of its own until destroyed. The pages tell no secrets and change nothing; there is no
/// authentication: whoever reaches them may read them. A client that sends or reads slowly delays no other.
class StatusServer {
 public:
  /// What pages hold of `secrets` is masked. `listen` is `unix:PATH` (of mode 0660; a stale socket is replaced,
  /// anything else there is refused) or `HOST:PORT` of a loopback address, port 0 for any free one. Throws UsageError
  /// when it is neither and engine::RefusedError when it cannot be bound.
  StatusServer(const std::string& listen, const StatusBoard& board, const engine::Clock& clock,
               const redaction::OwnSecrets& secrets);
  ~StatusServer();

  /// Where it listens, with the port that was found.
  std::string address() const;

 private:
  class Listener;
  std::unique_ptr<Listener> listener_;
};

}  // namespace pawl::bin
