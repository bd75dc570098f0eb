// Watches the fleet.
#include "bin/commands/inspect/top.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "bin/commands/inspect/status_text.h"
#include "bin/commands/verb/one_shot.h"
#include "bin/operations/health/status.h"
#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/fleet.h"
#include "bin/output/json_value.h"
#include "bin/output/redact.h"
#include "bin/output/terminal_text.h"
#include "bin/settings/duration.h"
#include "bin/worker/signals.h"
#include "engine/authoring/errors.h"
#include "storage/outbox/fleet/throughput.h"

namespace pawl::bin {

namespace {

using Clock = std::chrono::steady_clock;

// A screen of its own, keys as they are pressed, and all as it was at the end, however that comes.
class Screen {
 public:
  explicit Screen(std::ostream& out, bool reads_keys) : out_(out) {
    out_ << "\x1b[?1049h\x1b[?25l" << std::flush;
    if (!reads_keys || tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios keys = before_;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    changed_ = tcsetattr(STDIN_FILENO, TCSANOW, &keys) == 0;
  }
  ~Screen() {
    if (changed_) tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    out_ << "\x1b[?25h\x1b[?1049l" << std::flush;
  }
  Screen(const Screen&) = delete;

  void draw(const std::string& text) { out_ << "\x1b[H\x1b[2J" << terminal_text(text) << std::flush; }

 private:
  std::ostream& out_;
  termios before_{};
  bool changed_ = false;
};

struct Sample {
  storage::Fleet fleet;
  storage::Throughput through;
  Clock::time_point at;
};

double rate(std::int64_t before, std::int64_t now, double seconds) {
  return seconds > 0 && now > before ? static_cast<double>(now - before) / seconds : 0;
}

std::string per_second(double rate) {
  std::ostringstream text;
  text.precision(rate < 10 ? 1 : 0);
  text << std::fixed << rate << "/s";
  return text.str();
}

/// What there is at a look, and since the one before it.
struct Look {
  std::int64_t due = 0, later = 0, leased = 0, living = 0;
  double oldest_seconds = 0;
  std::optional<double> emitted, finished;  ///< A second; none at the first look.
};

Look look_of(const Sample& sample, const std::optional<Sample>& before) {
  Look look;
  for (const storage::Backlog& backlog : sample.fleet.backlog) {
    look.due += backlog.due;
    look.later += backlog.not_due;
    look.leased += backlog.leased;
    look.oldest_seconds = std::max(look.oldest_seconds, backlog.oldest_seconds);
  }
  for (const storage::FleetStore& store : sample.fleet.stores) look.living += sample.fleet.lives(store);
  if (!before) return look;
  const double seconds = std::chrono::duration<double>(sample.at - before->at).count();
  look.emitted = rate(before->through.emitted, sample.through.emitted, seconds);
  look.finished = rate(before->through.finished, sample.through.finished, seconds);
  return look;
}

std::string line_of(const Sample& sample, const std::optional<Sample>& before) {
  const Look look = look_of(sample, before);
  std::string line = sample.fleet.at + "  ";
  if (look.emitted)
    line += "emitted " + per_second(*look.emitted) + "  finished " + per_second(look.finished.value_or(0)) + "  ";
  line += "due " + std::to_string(look.due) + "  later " + std::to_string(look.later) + "  leased " +
          std::to_string(look.leased);
  if (look.due + look.later + look.leased > 0) line += "  oldest " + age_text(look.oldest_seconds);
  line += "  workers " + std::to_string(look.living) + " of " + std::to_string(sample.fleet.stores.size());
  for (const storage::PausedStep& step : sample.fleet.paused) line += "  paused " + step.step;
  for (const storage::LongCall& call : sample.fleet.calls)
    line += "  in flight " + call.step + " for " + age_text(call.seconds);
  return line;
}

// On one line, so that whoever reads a pipe has a document a line.
std::string json_line_of(const Sample& sample, const std::optional<Sample>& before) {
  const Look look = look_of(sample, before);
  nlohmann::ordered_json document{{"at", sample.fleet.at},
                                  {"emitted_per_second", number_or_null(look.emitted)},
                                  {"finished_per_second", number_or_null(look.finished)},
                                  {"due", look.due},
                                  {"later", look.later},
                                  {"leased", look.leased},
                                  {"oldest_seconds", look.oldest_seconds},
                                  {"workers", look.living},
                                  {"stores", sample.fleet.stores.size()},
                                  {"paused", nlohmann::ordered_json::array()},
                                  {"in_flight", nlohmann::ordered_json::array()}};
  for (const storage::PausedStep& step : sample.fleet.paused) document["paused"].push_back(step.step);
  for (const storage::LongCall& call : sample.fleet.calls) document["in_flight"].push_back(call.step);
  return terminal_json(document.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

class TopVerb final : public Verb {
 public:
  explicit TopVerb(CLI::App& command) {
    command.add_option("--every", every_, "How often to look, like 5s; default 1s");
    command.add_option("--count", count_, "End after so many looks; without it, at q or Ctrl-C")
        ->check(CLI::Range(1, 1'000'000));
  }

  ExitCode run(const Settings& settings, Console& console) override {
    const engine::Duration every = parse_duration(every_);
    if (every < std::chrono::milliseconds{100}) throw UsageError("top --every takes 100ms or more, like --every 2s");
    await_migrated_postgres(settings, console);
    watch_signals(console.err_is_terminal);
    storage::PostgresConnection connection(with_short_answers(settings.postgres));
    std::optional<Screen> screen;
    if (console.out_is_terminal && console.plain_out && settings.output != OutputFormat::kJson)
      screen.emplace(*console.plain_out, console.in_is_terminal);
    std::optional<Sample> before;
    for (std::size_t look = 1;; ++look) {
      try {
        Sample sample{storage::read_fleet(connection), storage::read_throughput(connection), Clock::now()};
        show(sample, before, settings, screen, console);
        before = std::move(sample);
      } catch (const engine::UnavailableError& error) {  // the next look connects anew
        const std::string why = "Postgres could not be asked: " + redacted(error.what(), *console.secrets);
        if (screen)
          screen->draw(why + "\n\nq ends");
        else
          console.note() << why << std::endl;
      }
      if (!console.out || look == count_ || pause(every, console.in_is_terminal && screen)) return ExitCode::kDone;
    }
  }

 private:
  static void show(const Sample& sample, const std::optional<Sample>& before, const Settings& settings,
                   std::optional<Screen>& screen, Console& console) {
    const bool json = settings.output == OutputFormat::kJson;
    const std::string line = redacted(json ? json_line_of(sample, before) : line_of(sample, before), *console.secrets);
    if (screen)
      screen->draw(line + "\n\n" + screen_text(sample, console) + "\nq ends");
    else
      console.out << line << std::endl;
  }

  static std::string screen_text(const Sample& sample, const Console& console) {
    std::ostringstream text;
    Status status;
    status.fleet = sample.fleet;
    status.findings = findings_of(sample.fleet, std::nullopt);
    print_status(text, status, *console.secrets);
    return text.str();
  }

  // Whether it is to end. Looks often, since a signal may come between a look and a wait.
  static bool pause(engine::Duration every, bool reads_keys) {
    const Clock::time_point until = Clock::now() + every;
    while (Clock::now() < until) {
      if (stop_requested()) return true;
      pollfd keys{STDIN_FILENO, POLLIN, 0};
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
      if (poll(&keys, reads_keys ? 1 : 0, static_cast<int>(std::min<std::int64_t>(left.count(), 100))) <= 0) continue;
      char key = 0;
      if (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q') return true;
    }
    return stop_requested();
  }

  std::string every_ = "1s";
  std::size_t count_ = 0;
};

}  // namespace

std::unique_ptr<Verb> make_top(CLI::App& command) { return std::make_unique<TopVerb>(command); }

}  // namespace pawl::bin
