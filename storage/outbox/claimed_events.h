// Which of the events that a claim may take fit its bytes, and how they are read: parts of its statements.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "engine/authoring/event.h"
#include "storage/postgres/connection.h"

namespace pawl::storage {

/// Of the row `o` of pawl.outbox: its tenant as its producer named it, else what it is about.
const std::string& tenant_key();
/// The queries `picked`, of the rows `o` of pawl.outbox that `which` names, and `fitting`: as many of them as have so
/// many bytes of payload, and the one that goes beyond. `bytes` is a parameter, as in `$5::bigint`.
std::string picked_and_fitting(const std::string& which, const std::string& bytes);
/// How the texts of an event are told: in ASCII where the server could not tell them otherwise.
enum class Texts { kAsTheyAre, kInAscii };
/// The columns of the row `o`, which is one of `fitting`. Of a payload of more than `payload_max` bytes only these are
/// given.
std::string event_columns(const std::string& payload_max, Texts texts);

/// A statement that gives event_columns. Once an event was asked for alone that is not to be read, its texts are told
/// in ASCII, and its payload not at all.
struct EventSql {
  explicit EventSql(const std::function<std::string(Texts)>& sql)
      : as_they_are(sql(Texts::kAsTheyAre)), in_ascii(sql(Texts::kInAscii)) {}
  const std::string& of(std::int64_t payload_max) const { return payload_max == 0 ? in_ascii : as_they_are; }

  const std::string as_they_are;
  const std::string in_ascii;
};

// Of event_columns.
inline constexpr int kKeyColumn = 11;
inline constexpr int kLeftOutColumn = 12;
inline constexpr int kTraceColumn = 13;
inline constexpr int kPickedColumn = 14;  ///< How many `picked` has.
inline constexpr int kRareColumn = 15;    ///< What few runs have, as JSON: null of all others.

engine::Event event_from(const Rows& rows, std::size_t row);

}  // namespace pawl::storage
