// Who set whose events free: told in Postgres with the freeing, and to the log of the worker that did it.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "storage/postgres/connection.h"

namespace pawl::storage {

/// Events of one epoch that were set free at once.
struct Takeover {
  std::int64_t epoch = 0;  ///< Whose they were.
  std::string host = {};   ///< Where that worker ran; empty where it is not known any more.
  std::string store = {};  ///< Its checkpoint store; empty likewise.
  std::int64_t runs = 0;
};
using Takeovers = std::vector<Takeover>;

/// Takeovers since they were asked for last. Any thread may call its members.
class TakeoverNews {
 public:
  void add(const Takeovers& takeovers);
  Takeovers take();

 private:
  std::mutex mutex_;
  Takeovers news_;
};

/// The epochs whose rows a transaction has locked and deleted.
class EndedEpochs {
 public:
  /// `condition` says which rows of pawl.workers; deletes them, with what those workers reported of their steps, and
  /// notes when each was seen last. A store that somebody is registering right now is left to him.
  static EndedEpochs end(Transaction& transaction, const std::string& condition, const Parameters& parameters);

  /// Array literals.
  std::string epochs = "{}";
  std::string cleanly = "{}";  ///< Of the epochs, those that stopped cleanly.
  std::string stores = "{}";   ///< In the order of `epochs`.
  std::string hosts = "{}";
};

/// Frees the events of epochs without a row, those that have just ended among them, and records it as done by `epoch`.
/// A statement of its own, after the epochs' rows were deleted: only a snapshot taken then sees their last claims.
Takeovers free_events(Transaction& transaction, const EndedEpochs& ended, std::int64_t by_epoch);

}  // namespace pawl::storage
