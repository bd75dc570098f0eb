// Keeps one libpqxx connection and translates its failures.
#include "storage/postgres/connection.h"

#include <pqxx/pqxx>
#include <utility>

#include "engine/authoring/errors.h"
#include "storage/postgres/deadline.h"
#include "storage/postgres/errors.h"
#include "storage/postgres/prepared_statements.h"

namespace pawl::storage {

namespace {

constexpr int kTriesMax = 3;
constexpr const char* kReadCommitted = "set transaction isolation level read committed";

Rows rows_of(pqxx::result result) { return Rows(std::make_shared<const pqxx::result>(std::move(result))); }

template <class Values>
auto bind(const Values& values) {
  return pqxx::prepare::make_dynamic_params(values.begin(), values.end());
}

std::vector<pqxx::binarystring> binary_strings(const BinaryParameters& parameters,
                                               const UnstorableCharacters& unstorable) {
  std::vector<pqxx::binarystring> values;
  for (const std::string_view value : parameters)
    if (unstorable.empty())
      values.emplace_back(value.data(), value.size());
    else
      values.emplace_back(unstorable.marked(value));
  return values;
}

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

// The live connection, the deadline of its answers, and the ear on its channel.
class PostgresConnection::Link {
 public:
  Link(const PostgresAddress& address, bool sends_options, const std::string& channel, bool& rang)
      : connection(session_conninfo(address, sends_options)), deadline(connection.sock(), address.answer_within) {
    never_revive();
    const Disarming at_end(deadline);
    deadline.arm();
    if (!address.has_own_path) look_at_session();
    if (channel.empty()) return;
    deadline.arm();
    receiver_ = std::make_unique<Receiver>(connection, channel, rang);
  }
  // What says goodbye may wait for the server as well. The receiver would ask for an answer to its UNLISTEN, but not
  // of a connection that is closed.
  ~Link() {
    deadline.arm();
    connection.disconnect();
  }
  Link(const Link&) = delete;

  /// Runs a statement alone, which sees what was committed before it, whatever the default is of the role.
  template <class Statement>
  Rows alone(const Statement& statement) {
    if (begins_in_read_committed_) {
      pqxx::nontransaction work(connection);
      return rows_of(statement(work));
    }
    pqxx::work work(connection);
    work.exec(kReadCommitted);
    Rows rows = rows_of(statement(work));
    work.commit();
    return rows;
  }

  pqxx::connection connection;
  Deadline deadline;
  PreparedStatements plans{connection};

 private:
  class Receiver final : public pqxx::notification_receiver {
   public:
    Receiver(pqxx::connection_base& connection, const std::string& channel, bool& rang)
        : notification_receiver(connection, channel), rang_(rang) {}
    void operator()(const std::string&, int) override { rang_ = true; }

   private:
    bool& rang_;
  };

  // What a pooler did not pass on. Nothing is found by the path, which may be anybody's still.
  void look_at_session() {
    pqxx::nontransaction work(connection);
    const pqxx::row session = work.exec1(
        "select pg_catalog.replace(pg_catalog.current_setting('search_path'), ' ', ''),"
        " pg_catalog.current_setting('search_path'), current_user,"
        " pg_catalog.current_setting('default_transaction_isolation')");
    begins_in_read_committed_ = session[3].as<std::string>() == "read committed";
    if (session[0].as<std::string>() == kSearchPath) return;
    throw engine::RefusedError("Postgres: the search path of pawl's session is '" + session[1].as<std::string>() +
                               "', since the pooler passes on no options: `alter role " +
                               work.quote_name(session[2].as<std::string>()) +
                               " set search_path = pg_catalog, pawl, pg_temp`, and let the pooler connect anew");
  }

  // Else libpqxx connects anew by itself, even to roll back a transaction of the connection that broke, and may wait
  // there for a server that does not answer. Deprecated, because the versions after this one never revive.
  void never_revive() {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
  }

  bool begins_in_read_committed_ = true;
  std::unique_ptr<Receiver> receiver_;
};

namespace {

// Each statement, and what begins and ends the transaction, has the whole time for its answer.
class WorkTransaction final : public Transaction {
 public:
  // Each statement is to see what was committed before it, whatever the role's default is.
  WorkTransaction(pqxx::connection_base& connection, Deadline& deadline) : work_(connection), deadline_(deadline) {
    work_.exec(kReadCommitted);
  }
  Rows run(const std::string& sql, const Parameters& parameters) override {
    deadline_.arm();
    return rows_of(work_.exec_params(sql, bind(parameters)));
  }
  void script(const std::string& sql) override {
    deadline_.arm();
    work_.exec(sql);
  }
  void commit() {
    deadline_.arm();
    work_.commit();
  }

 private:
  pqxx::work work_;
  Deadline& deadline_;
};

// Poolers that pass on no options refuse a session that has some.
bool refuses_options(const pqxx::broken_connection& error) {
  const std::string_view said = error.what();
  return said.find("startup parameter") != std::string_view::npos ||
         said.find("command-line options") != std::string_view::npos;
}

}  // namespace

PostgresConnection::PostgresConnection(PostgresAddress address) : address_(std::move(address)) {}

PostgresConnection::~PostgresConnection() = default;

PostgresConnection::Link& PostgresConnection::connected(const std::string& operation) {
  if (link_) return *link_;
  try {
    try {
      link_ = std::make_unique<Link>(address_, sends_options_, channel_, rang_);
    } catch (const pqxx::broken_connection& error) {
      if (!sends_options_ || !refuses_options(error)) throw;
      sends_options_ = false;
      link_ = std::make_unique<Link>(address_, sends_options_, channel_, rang_);
    }
  } catch (...) {  // translated, always rethrown
    throw_translated(operation);
  }
  ++opened_;
  return *link_;
}

void PostgresConnection::throw_silent(const std::string& operation) const {
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(address_.answer_within);
  throw SilentError("Postgres, " + operation + ": no answer within " + std::to_string(limit.count()) +
                    " ms; the server may still be at work, or it or what is between it and here hangs; what was asked"
                    " may still happen");
}

// A connection that threw is never used again. What may help at once is tried again at once: over a new connection,
// unless that cannot be had either, and not when the server is silent, since each try costs the whole deadline.
template <class Attempt>
auto PostgresConnection::attempt(const std::string& operation, int tries_max, const Attempt& body) {
  for (int tries = 1;; ++tries) {
    try {
      Link& link = connected(operation);
      const Disarming at_end(link.deadline);
      link.deadline.arm();
      return body(link);
    } catch (...) {  // translated below; nothing is swallowed but what is repeated
      const std::unique_ptr<Link> given_up = std::move(link_);
      if (given_up && given_up->deadline.passed()) throw_silent(operation);
      const Line line = given_up && given_up->connection.is_open() ? Line::kAlive : Line::kBroken;
      if (tries == tries_max || !worth_repeating(line)) throw_translated(operation, line);
    }
  }
}

template <class Bound>
Rows PostgresConnection::perform(Link& link, const std::string& sql, const Bound& parameters, Plan plan) {
  if (plan == Plan::kKept && keeps_plans_) try {
      const std::string name = link.plans.prepared(sql);
      return link.alone([&](pqxx::transaction_base& work) { return work.exec_prepared(name, parameters); });
    } catch (const pqxx::sql_error& error) {  // planned at once, in the next lines, from now on
      if (!lost_its_plan(error)) throw;
      keeps_plans_ = false;
    }
  return link.alone([&](pqxx::transaction_base& work) { return work.exec_params(sql, parameters); });
}

Rows PostgresConnection::run(const std::string& operation, const std::string& sql, const Parameters& parameters) {
  const auto bound = bind(parameters);
  return attempt(operation, kTriesMax, [&](Link& link) { return perform(link, sql, bound, Plan::kOwn); });
}

Rows PostgresConnection::run_binary(const std::string& operation, const std::string& sql,
                                    const BinaryParameters& parameters, Plan plan) {
  for (;;) try {
      const std::vector<pqxx::binarystring> values = binary_strings(parameters, unstorable_);
      const auto bound = bind(values);
      return attempt(operation, kTriesMax, [&](Link& link) { return perform(link, sql, bound, plan); });
    } catch (const UnstorableError& error) {  // refused before it did anything
      if (error.character.empty() || !unstorable_.may_grow()) throw;
      unstorable_.add(error.character);
    }
}

Rows PostgresConnection::run_once(const std::string& operation, const std::string& sql, const Parameters& parameters,
                                  Plan plan) {
  const auto bound = bind(parameters);
  return attempt(operation, 1, [&](Link& link) { return perform(link, sql, bound, plan); });
}

void PostgresConnection::transact(const std::string& operation, const std::function<void(Transaction&)>& body) {
  attempt(operation, kTriesMax, [&](Link& link) {
    WorkTransaction transaction(link.connection, link.deadline);
    body(transaction);
    transaction.commit();
    return true;
  });
}

void PostgresConnection::listen(const std::string& channel) {
  link_.reset();
  channel_ = channel;
}

// Waiting for a ring is waiting for nobody: silence is what it expects.
bool PostgresConnection::wait_for_ring(const std::string& operation, std::chrono::microseconds at_most) {
  return attempt(operation, 1, [&](Link& link) {
    link.deadline.disarm();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at_most);
    if (!rang_) link.connection.await_notification(seconds.count(), (at_most - seconds).count());
    return std::exchange(rang_, false);
  });
}

std::string choose_request(PostgresConnection& connection) {
  return connection.run("choose an id for the request", "select gen_random_uuid()", {}).string(0, 0);
}

}  // namespace pawl::storage
