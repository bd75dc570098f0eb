// One connection to Postgres that is opened when needed and opened again after it broke.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/postgres/address.h"
#include "storage/postgres/unstorable_text.h"

namespace pqxx {
class result;
}  // namespace pqxx

namespace pawl::storage {

/// The rows a statement returned. Copies are cheap and share them.
class Rows {
 public:
  explicit Rows(std::shared_ptr<const pqxx::result> result) : result_(std::move(result)) {}
  std::size_t size() const;
  std::size_t affected() const;
  int columns() const;
  bool null(std::size_t row, int column) const;
  /// Valid as long as some copy of these rows; empty for null.
  std::string_view text(std::size_t row, int column) const;
  std::string string(std::size_t row, int column) const { return std::string(text(row, column)); }
  std::int64_t integer(std::size_t row, int column) const;
  bool boolean(std::size_t row, int column) const { return text(row, column) == "t"; }

 private:
  std::shared_ptr<const pqxx::result> result_;
};

using Parameters = std::vector<std::string>;
/// Each in the binary format of its type (storage/postgres/binary_array.h).
using BinaryParameters = std::vector<std::string_view>;

/// Runs one statement inside the transaction that handed it out; `script` runs several without parameters.
class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual Rows run(const std::string& sql, const Parameters& parameters = {}) = 0;
  virtual void script(const std::string& sql) = 0;
};

/// How a statement comes to its plan. Most are planned each time, for the tables as they are: the outbox is empty one
/// minute and large the next. The plan may be kept for a while (prepared_statements.h) of a statement that reads no
/// table but those of people and inserts the rest, however many rows; and of one about at most `kFewRows` rows, if it
/// looks every row up by its key, or if a bad plan is soon found out. Planning takes longer than the rest of a small
/// one. A large one may keep a plan of its own, made after five that were planned for what it was given.
enum class Plan { kOwn, kKept };
inline constexpr std::size_t kFewRows = 64;
inline Plan plan_for(std::size_t rows) { return rows <= kFewRows ? Plan::kKept : Plan::kOwn; }

/// Used by one thread at a time. Works through a pooler in transaction mode: it finds out there that no plan is kept.
/// Every member throws the engine's errors, naming `operation`; UnavailableError when a statement gets no answer within
/// the time that the address allows: the connection is given up then, and what it asked for may still happen.
class PostgresConnection {
 public:
  explicit PostgresConnection(PostgresAddress address);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;

  /// One statement in a transaction of its own, repeated a few times over a deadlock or a broken connection: it must be
  /// harmless to run again.
  Rows run(const std::string& operation, const std::string& sql, const Parameters& parameters);
  /// In texts of text arrays, what the database's encoding cannot store is marked by question marks.
  Rows run_binary(const std::string& operation, const std::string& sql, const BinaryParameters& parameters,
                  Plan plan = Plan::kOwn);
  /// The same, never repeated: on an error nobody knows whether it happened.
  Rows run_once(const std::string& operation, const std::string& sql, const Parameters& parameters,
                Plan plan = Plan::kOwn);
  /// Several statements in one transaction, repeated like `run`.
  void transact(const std::string& operation, const std::function<void(Transaction&)>& body);

  /// How often it was opened: what a server is set to may be another after it has started anew.
  int opened() const { return opened_; }
  /// Listens on the channel from now on, also on later connections; on none if it is empty.
  void listen(const std::string& channel);
  /// Waits until the channel rang since the last call that said so, or for so long. Returns whether it rang.
  bool wait_for_ring(const std::string& operation, std::chrono::microseconds at_most);

 private:
  class Link;
  Link& connected(const std::string& operation);
  template <class Attempt>
  auto attempt(const std::string& operation, int tries_max, const Attempt& body);
  template <class Bound>
  Rows perform(Link& link, const std::string& sql, const Bound& parameters, Plan plan);
  [[noreturn]] void throw_silent(const std::string& operation) const;

  const PostgresAddress address_;
  std::string channel_;
  bool rang_ = false;
  int opened_ = 0;
  UnstorableCharacters unstorable_;
  bool sends_options_ = true;  ///< False once a pooler refused a session with options.
  bool keeps_plans_ = true;    ///< False once a server did not know what another had prepared.
  std::unique_ptr<Link> link_;
};

/// An id for an operator's request, so that sending it again after a lost reply answers the same and does nothing
/// twice.
std::string choose_request(PostgresConnection& connection);

}  // namespace pawl::storage
