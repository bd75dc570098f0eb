// Connections for adapters that several threads call at once: each call borrows one.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "storage/postgres/connection.h"

namespace pawl::storage {

/// As many connections as there were ever calls at the same time; the callers' threads are the limit.
class PostgresPool {
 public:
  explicit PostgresPool(PostgresAddress address) : address_(std::move(address)) {}

  class Borrowed {
   public:
    explicit Borrowed(PostgresPool& pool) : pool_(pool), connection_(pool.take()) {}
    ~Borrowed() { pool_.put(std::move(connection_)); }
    Borrowed(const Borrowed&) = delete;
    PostgresConnection* operator->() const { return connection_.get(); }
    PostgresConnection& operator*() const { return *connection_; }

   private:
    PostgresPool& pool_;
    std::unique_ptr<PostgresConnection> connection_;
  };

  Borrowed borrow() { return Borrowed(*this); }

 private:
  std::unique_ptr<PostgresConnection> take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique<PostgresConnection>(address_);
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  void put(std::unique_ptr<PostgresConnection> connection) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }

  const PostgresAddress address_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<PostgresConnection>> idle_;
};

}  // namespace pawl::storage
