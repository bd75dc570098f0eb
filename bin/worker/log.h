// Structured log lines: what the engine notices and what the worker does, one line each on stderr.
#pragma once

#include <initializer_list>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "bin/output/program_name.h"
#include "bin/settings/settings.h"
#include "engine/ports/observer.h"
#include "workflows/redaction/own_secrets.h"

namespace pawl::bin {

/// A line that the stream does not take (a full disk, a pipe that nobody reads) is lost; how many were is the first
/// line that it takes again. Safe to call from any thread. Every line has time, level and msg; run, event, step, key,
/// attempt and error where they apply. Passwords in connection strings and our own secrets are redacted; control
/// characters never reach the stream.
class Log final : public engine::Observer {
 public:
  using Field = std::pair<std::string_view, std::string_view>;

  struct Options {
    LogLevel level = LogLevel::kInfo;
    bool json = false;
    bool clear_line = false;  ///< A progress line shares the terminal: wipe it before each log line.
    std::shared_ptr<const redaction::OwnSecrets> secrets =
        std::make_shared<const redaction::OwnSecrets>();  ///< To be masked.
    std::string program = kPawl;                          ///< Whose commands a line may quote.
  };

  /// `out` outlives the log.
  Log(std::ostream& out, Options options) : out_(out), options_(std::move(options)) {}

  void on(const engine::Notice& notice) override;
  void line(LogLevel level, std::string_view message, std::initializer_list<Field> fields = {});

 private:
  bool put(LogLevel level, std::string_view message, std::initializer_list<Field> fields);

  std::ostream& out_;
  std::size_t lost_ = 0;
  const Options options_;
  std::mutex mutex_;
};

}  // namespace pawl::bin
