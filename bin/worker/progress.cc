// Draws the progress line.
#include "bin/worker/progress.h"

#include <iomanip>
#include <sstream>

namespace pawl::bin {

namespace {

constexpr engine::Duration kRedrawEvery = std::chrono::milliseconds{100};
constexpr const char* kWipeLine = "\r\x1b[K";

double seconds(engine::Duration elapsed) { return std::chrono::duration<double>(elapsed).count(); }

}  // namespace

std::string progress_text(const engine::RunnerStatus& status, engine::Duration elapsed) {
  const double taken = seconds(elapsed);
  const double rate = taken > 0 ? static_cast<double>(status.done + status.failed) / taken : 0;
  std::ostringstream text;
  text << status.done << " done  " << status.waiting << " waiting  " << status.failed << " failed  " << status.moving
       << " moving  " << std::fixed << std::setprecision(0) << rate << "/s";
  if (!status.open_circuits.empty())
    text << "  " << status.open_circuits.front().step << " paused: " << status.open_circuits.front().reason;
  return text.str();
}

std::string summary_text(const engine::RunnerStatus& status, engine::Duration elapsed) {
  std::ostringstream text;
  text << status.done << " done, " << status.failed << " failed, " << std::fixed << std::setprecision(1)
       << seconds(elapsed) << " s";
  return text.str();
}

void Progress::show(const engine::RunnerStatus& status, engine::Timestamp now) {
  if (now - drawn_ < kRedrawEvery) return;
  drawn_ = now;
  // Longer than the terminal, it would wrap and leave its head behind at each redraw.
  out_ << kWipeLine << progress_text(status, now - started_).substr(0, 78) << std::flush;
}

void Progress::finish() { out_ << kWipeLine << std::flush; }

}  // namespace pawl::bin
