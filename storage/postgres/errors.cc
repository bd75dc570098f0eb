// Sorts SQLSTATEs (PostgreSQL manual, appendix A) by what a caller can do about them.
#include "storage/postgres/errors.h"

#include <algorithm>
#include <array>
#include <pqxx/pqxx>
#include <string_view>

namespace pawl::storage {

namespace {

enum class Kind { kConnection, kConflict, kSlow, kFull, kBusy, kRefused, kHidden, kValue, kOther };

struct Rule {
  std::string_view prefix;
  Kind kind;
};

// The first matching prefix decides.
constexpr std::array kRules{
    Rule{"08", Kind::kConnection},     // connection exception
    Rule{"57P", Kind::kConnection},    // shutting down, starting up, dropped, idle session timeout
    Rule{"25P03", Kind::kConnection},  // idle in transaction timeout ended the session
    Rule{"25006", Kind::kConnection},  // read only: a standby, or a primary that was demoted
    Rule{"40", Kind::kConflict},       // deadlock, serialization failure
    Rule{"57014", Kind::kSlow},        // statement timeout
    Rule{"55P03", Kind::kSlow},        // lock timeout
    Rule{"53100", Kind::kFull},        // disk full
    Rule{"53200", Kind::kFull},        // out of memory
    Rule{"53", Kind::kBusy},           // too many connections, a limit that was configured
    Rule{"58", Kind::kBusy},           // I/O error
    Rule{"42", Kind::kRefused},        // missing privilege, table, column, function, unique key
    Rule{"3F000", Kind::kRefused},     // undefined schema
    Rule{"PW001", Kind::kHidden},      // pawl.require_visible_rows: a policy hides rows
    Rule{"22", Kind::kValue},          // data exception
    Rule{"23", Kind::kValue},          // constraint violation
};

Kind kind_of(const std::string& sqlstate) {
  const auto rule = std::find_if(kRules.begin(), kRules.end(),
                                 [&](const Rule& candidate) { return sqlstate.starts_with(candidate.prefix); });
  return rule == kRules.end() ? Kind::kOther : rule->kind;
}

// libpqxx 6.4 keeps no SQLSTATE in the exceptions it has types for here.
template <class... Types>
bool is_any_of(const pqxx::sql_error& error) {
  return (... || dynamic_cast<const Types*>(&error));
}

Kind kind_of(const pqxx::sql_error& error) {
  if (!error.sqlstate().empty()) return kind_of(error.sqlstate());
  if (is_any_of<pqxx::insufficient_privilege, pqxx::syntax_error, pqxx::undefined_column, pqxx::undefined_function,
                pqxx::undefined_table>(error))
    return Kind::kRefused;
  if (is_any_of<pqxx::disk_full, pqxx::out_of_memory>(error)) return Kind::kFull;
  if (is_any_of<pqxx::insufficient_resources>(error)) return Kind::kBusy;
  return Kind::kConnection;  // a session that the server ended mid-statement has a message and nothing else
}

// What keeps returning until somebody changes a setting, said by an error that does not name it.
std::string cause_of(const std::string& sqlstate, const std::string& message) {
  if (sqlstate == "25006")
    return "; the server is a standby, or default_transaction_read_only is on for it, for this database or for this "
           "role: name the primary in PAWL_POSTGRES (target_session_attrs=read-write), or set it off";
  if (sqlstate == "55P03") return "; another transaction holds what this needs: see pg_stat_activity and pg_locks";
  // libpqxx asks the connection that is gone for its encoding, and throws that instead of what the pooler said
  for (const char* said : {"statement pooling mode", "Could not obtain client encoding"})
    if (message.find(said) != std::string::npos)
      return "; the connection was broken off within a transaction: if this goes on, it leads to a pooler in statement "
             "mode: set its pool_mode to transaction (with doorbell=poll) or session";
  return "";
}

std::string one_line(std::string message) {
  while (!message.empty() && message.back() == '\n') message.pop_back();
  std::replace(message.begin(), message.end(), '\n', ' ');
  return message;
}

// A trigger over one tenant's rows says the same of a server that it asks, or of a quota; but a disk that is full is so
// for a statement over some rows, and not for the one over none that is to compare with.
engine::Concerns concerns_said_over(Line line, Kind kind = Kind::kBusy) {
  if (line == Line::kBroken) return engine::Concerns::kEverybody;
  return kind == Kind::kFull ? engine::Concerns::kPresumed : engine::Concerns::kUnclear;
}

// What one tenant's policy, trigger or locked row may cause need not concern any other.
[[noreturn]] void throw_of_kind(Kind kind, Line line, const std::string& what, const std::string& sqlstate = {}) {
  switch (kind) {
    case Kind::kConnection:
    case Kind::kFull:
    case Kind::kBusy:
      throw engine::UnavailableError(what, concerns_said_over(line, kind));
    case Kind::kConflict:
    case Kind::kSlow:
      throw engine::UnavailableError(what, engine::Concerns::kUnclear);
    case Kind::kRefused:
      throw engine::RefusedError(what + "; run `pawl migrate`, or grant this role access to what is named",
                                 engine::Concerns::kUnclear);
    case Kind::kHidden:
      throw engine::RefusedError(what);
    case Kind::kValue:
      throw ValueError(what, sqlstate);
    case Kind::kOther:
      throw engine::Error(what, sqlstate);
  }
  throw engine::Error(what, sqlstate);
}

// Of `character with byte sequence 0xe2 0x80 0x93 in encoding ...`, in whatever language the server says it, the bytes.
std::string bytes_named_in(const std::string& message) {
  static const std::string kByte = "0x";
  std::string bytes;
  for (auto at = message.find(kByte); at != std::string::npos && message.compare(at, 2, kByte) == 0; at += 5)
    bytes += static_cast<char>(std::stoi(message.substr(at + 2, 2), nullptr, 16));
  return bytes;
}

// The last thing that the message quotes is the encoding that lacks the character: a session's is always UTF-8.
bool is_about_reading(const std::string& message) {
  const auto last = message.find_last_of("0123456789\"");
  return last != std::string::npos && message.substr(0, last + 1).ends_with("\"UTF8\"");
}

}  // namespace

void throw_translated(const std::string& operation, Line line) {
  const auto described = [&](const std::exception& error) {
    return "Postgres, " + operation + ": " + one_line(error.what());
  };
  try {
    throw;
  } catch (const pqxx::broken_connection& error) {  // of whatever has an SQLSTATE of class 08, or 53300
    if (line == Line::kAlive) throw engine::UnavailableError(described(error), concerns_said_over(line));
    throw engine::UnavailableError(described(error) + cause_of("", error.what()) +
                                   "; check PAWL_POSTGRES and that the server accepts connections");
  } catch (const pqxx::in_doubt_error& error) {
    throw engine::UnavailableError(described(error));
  } catch (const pqxx::transaction_rollback& error) {
    throw_of_kind(Kind::kConflict, line, described(error));
  } catch (const pqxx::unique_violation& error) {
    throw DuplicateError(described(error), "23505");
  } catch (const pqxx::sql_error& error) {
    if (error.sqlstate() == "22P05" && !is_about_reading(error.what()))
      throw UnstorableError(described(error) + "; this database's encoding cannot store it: leave it out",
                            bytes_named_in(error.what()));
    throw_of_kind(kind_of(error), line, described(error) + cause_of(error.sqlstate(), error.what()), error.sqlstate());
  } catch (const pqxx::failure& error) {
    throw engine::UnavailableError(described(error));
  }
}

// An answer that says that something else cannot be reached stays the same for now; a server that is read only is asked
// anew, since another may be the primary.
bool worth_repeating(Line line) {
  try {
    throw;
  } catch (const pqxx::broken_connection&) {
    return line == Line::kBroken;
  } catch (const pqxx::in_doubt_error&) {
    return true;
  } catch (const pqxx::transaction_rollback&) {
    return true;
  } catch (const pqxx::sql_error& error) {
    const Kind kind = kind_of(error);
    if (line == Line::kAlive && kind == Kind::kConnection) return error.sqlstate() == "25006";
    return kind == Kind::kConnection || kind == Kind::kConflict;
  } catch (...) {  // not libpqxx's: for the caller to translate or pass on
    return false;
  }
}

}  // namespace pawl::storage
