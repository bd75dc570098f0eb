// Keeps one libpqxx connection and translates its failures.
#include "storage/postgres_connection.h"

#include <pqxx/pqxx>
#include <utility>

#include "storage/postgres_errors.h"

namespace pawl::storage {

namespace {

constexpr int kTriesMax = 3;

template <class Work>
Rows execute(Work& work, const std::string& sql, const Parameters& parameters) {
  return Rows(std::make_shared<const pqxx::result>(
      work.exec_params(sql, pqxx::prepare::make_dynamic_params(parameters.begin(), parameters.end()))));
}

class WorkTransaction final : public Transaction {
 public:
  explicit WorkTransaction(pqxx::connection_base& connection) : work_(connection) {}
  Rows run(const std::string& sql, const Parameters& parameters) override { return execute(work_, sql, parameters); }
  void script(const std::string& sql) override { work_.exec(sql); }
  void commit() { work_.commit(); }

 private:
  pqxx::work work_;
};

}  // namespace

std::size_t Rows::size() const { return result_->size(); }
std::size_t Rows::affected() const { return result_->affected_rows(); }
int Rows::columns() const { return static_cast<int>(result_->columns()); }
bool Rows::null(std::size_t row, int column) const {
  return (*result_)[static_cast<pqxx::result::size_type>(row)][column].is_null();
}
std::string_view Rows::text(std::size_t row, int column) const {
  const pqxx::field field = (*result_)[static_cast<pqxx::result::size_type>(row)][column];
  return {field.c_str(), field.size()};
}
std::int64_t Rows::integer(std::size_t row, int column) const {
  return (*result_)[static_cast<pqxx::result::size_type>(row)][column].as<std::int64_t>(0);
}

// The live connection, and the ear on its channel.
class PostgresConnection::Link {
 public:
  Link(const std::string& conninfo, const std::string& channel, bool& rang) : connection(conninfo) {
    if (!channel.empty()) receiver_ = std::make_unique<Receiver>(connection, channel, rang);
  }

  pqxx::connection connection;

 private:
  class Receiver final : public pqxx::notification_receiver {
   public:
    Receiver(pqxx::connection_base& connection, const std::string& channel, bool& rang)
        : notification_receiver(connection, channel), rang_(rang) {}
    void operator()(const std::string&, int) override { rang_ = true; }

   private:
    bool& rang_;
  };

  std::unique_ptr<Receiver> receiver_;
};

PostgresConnection::PostgresConnection(std::string conninfo) : conninfo_(std::move(conninfo)) {}

PostgresConnection::~PostgresConnection() = default;

PostgresConnection::Link& PostgresConnection::connected(const std::string& operation) {
  if (link_) return *link_;
  try {
    link_ = std::make_unique<Link>(conninfo_, channel_, rang_);
  } catch (...) {  // translated, always rethrown
    throw_translated(operation);
  }
  return *link_;
}

// A connection that threw is never used again: libpqxx would revive it silently, in a state nobody knows.
template <class Body>
auto PostgresConnection::repeat(const std::string& operation, const Body& body) {
  for (int tries = 1;; ++tries) {
    try {
      return body(connected(operation).connection);
    } catch (...) {  // translated below; nothing is swallowed but what is repeated
      link_.reset();
      if (tries == kTriesMax || !worth_repeating()) throw_translated(operation);
    }
  }
}

Rows PostgresConnection::run(const std::string& operation, const std::string& sql, const Parameters& parameters) {
  return repeat(operation, [&](pqxx::connection& connection) {
    pqxx::nontransaction work(connection);
    return execute(work, sql, parameters);
  });
}

Rows PostgresConnection::run_once(const std::string& operation, const std::string& sql, const Parameters& parameters) {
  try {
    pqxx::nontransaction work(connected(operation).connection);
    return execute(work, sql, parameters);
  } catch (...) {  // translated, always rethrown
    link_.reset();
    throw_translated(operation);
  }
}

void PostgresConnection::transact(const std::string& operation, const std::function<void(Transaction&)>& body) {
  repeat(operation, [&](pqxx::connection& connection) {
    WorkTransaction transaction(connection);
    body(transaction);
    transaction.commit();
    return true;
  });
}

void PostgresConnection::listen(const std::string& channel) {
  link_.reset();
  channel_ = channel;
}

bool PostgresConnection::wait_for_ring(const std::string& operation, std::chrono::microseconds at_most) {
  try {
    pqxx::connection& connection = connected(operation).connection;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at_most);
    if (!rang_) connection.await_notification(seconds.count(), (at_most - seconds).count());
    return std::exchange(rang_, false);
  } catch (...) {  // translated, always rethrown
    link_.reset();
    throw_translated(operation);
  }
}

void throw_lease_lost(const std::string& operation, std::int64_t epoch) {
  throw engine::LeaseLostError("outbox, " + operation + ": epoch " + std::to_string(epoch) +
                               " is over, its events are free for other workers; open a new epoch");
}

}  // namespace pawl::storage
