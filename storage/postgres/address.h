// Where Postgres is, and how long to wait for its answers.
#pragma once

#include <chrono>
#include <string>

namespace pawl::storage {

struct PostgresAddress {
  /// Implicit, because a connection string alone is an address, whose answers are due within a minute.
  PostgresAddress(std::string text) : conninfo(std::move(text)) {}
  PostgresAddress(const char* text) : conninfo(text) {}
  PostgresAddress(std::string text, std::chrono::microseconds limit)
      : conninfo(std::move(text)), answer_within(limit) {}

  std::string conninfo;  ///< libpq conninfo or URI; empty: libpq's own environment.
  /// Longest silence of a connection in a statement; 0: for ever.
  std::chrono::microseconds answer_within{std::chrono::minutes{1}};
  bool has_own_path = false;  ///< Keeps the search path of the address, the role or the database.
  /// Postgres ends a statement, and undoes it, shortly before its answer is given up here.
  bool undoes_late = false;
};

/// The search path of pawl's sessions: nobody else's operator, function or table is found by it.
extern const char* const kSearchPath;

/// The conninfo of a session of pawl's. What keeps a connect or an idle connection from hanging for ever is added where
/// the address does not say it itself: a connect timeout for each host (none, or 0, is not taken over), TCP keepalives,
/// and a limit for data that nobody acknowledges. The session speaks UTF-8, whatever the address, the environment, the
/// role or the database set. `with_options`: it has kSearchPath, unless the address has its own, and where an answer is
/// due within some time, Postgres gives up waiting for somebody's lock after a third of that, 20 s at most, unless the
/// address sets lock_timeout itself: so the answer says that it was a lock, and nothing waits on for a client that is
/// gone. With `undoes_late` statement_timeout is 19/20 of that time, unless the address sets it. Throws
/// engine::RefusedError when libpq could not use the address.
std::string session_conninfo(const PostgresAddress& address, bool with_options);

}  // namespace pawl::storage
