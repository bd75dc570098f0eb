// What configures pawl beside its workflows, whichever of flag, environment or file it came from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bin/output/table.h"
#include "engine/authoring/clock.h"

namespace pawl::bin {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kAuto, kText, kJson };

/// A setting as it was given, for whoever asks where a value came from. The value may be a secret.
struct SettingSource {
  std::string name;    ///< As its flag has it, without the dashes.
  std::string value;   ///< As text; empty: none.
  std::string source;  ///< `flag`, `environment`, `file` or `default`.
};

struct Settings {
  std::string config;    ///< The file the rest may come from; empty: none.
  std::string postgres;  ///< libpq conninfo or URI; empty: libpq's own PG* variables.
  std::string checkpoints;
  bool require_tls = false;  ///< Refuse a Postgres on another host whose certificate and name are not verified.
  OutputFormat output = OutputFormat::kTable;
  engine::Duration connect_timeout{std::chrono::seconds{30}};
  std::string workflows;  ///< Names of those that run, with commas; empty: all that are not optional.

  std::string listen;  ///< `unix:PATH` or `HOST:PORT`; empty: no HTTP.
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kAuto;
  std::string log_file;  ///< Empty: stderr.

  engine::Duration lease{std::chrono::seconds{30}};
  engine::Duration postgres_timeout{std::chrono::seconds{15}};
  engine::Duration hang_after{std::chrono::minutes{15}};
  engine::Duration drain_timeout{std::chrono::seconds{60}};
  /// False behind PgBouncer in transaction mode, which has no LISTEN; empty: as the server's settings allow.
  std::optional<bool> doorbell;
  int deliveries_max = 5;
  std::size_t moving_max = 2000;
  engine::Duration retention{std::chrono::hours{24 * 30}};
  engine::Duration archive_retention{std::chrono::hours{24 * 365}};

  std::vector<SettingSource> sources;  ///< Of every setting, in the order of the help.
};

/// `${XDG_STATE_HOME:-~/.local/state}/pawl/checkpoints.db`. Throws UsageError without a home.
std::string default_checkpoints_path();
/// The setting, or the default place.
std::string checkpoints_path(const std::string& setting);

}  // namespace pawl::bin
