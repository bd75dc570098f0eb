// Draws, reads and prints options.
#include "tests/simulation/options.h"

#include <charconv>
#include <sstream>

#include "tests/simulation/random.h"

namespace pawl::simulation {

namespace {

struct Number {
  std::string_view name;
  int Options::*field;
};

constexpr std::array<Number, 8> kNumbers{{{"--events", &Options::events},
                                          {"--workers", &Options::workers},
                                          {"--fault-seconds", &Options::fault_seconds},
                                          {"--lease-seconds", &Options::lease_seconds},
                                          {"--hang-seconds", &Options::hang_seconds},
                                          {"--moving-max", &Options::moving_max},
                                          {"--claim-max", &Options::claim_max},
                                          {"--deliveries-max", &Options::deliveries_max}}};

bool read_number(const std::string& text, auto& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// name=probability, comma-separated, or none; what is not named does not fire
bool read_faults(Options& options, const std::string& value) {
  options.faults = {};
  if (value == "none") return true;
  std::istringstream entries(value);
  for (std::string entry; std::getline(entries, entry, ',');) {
    const auto equals = entry.find('=');
    const auto fault = fault_named(entry.substr(0, equals));
    if (!fault) return false;
    options[*fault] = usual_probability(*fault);
    if (equals != std::string::npos && !read_number(entry.substr(equals + 1), options[*fault])) return false;
  }
  return true;
}

std::string exact(double number) {
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr};
}

}  // namespace

Options options_of(std::uint64_t seed) {
  Random random(seed);
  Options options;
  options.seed = seed;
  options.events = random.between(1, random.chance(0.1) ? 80 : 24);
  options.workers = random.between(1, 3);
  options.fault_seconds = random.chance(0.1) ? 7200 : random.between(30, 900);
  options.lease_seconds = random.between(10, 60);
  options.hang_seconds = random.between(120, 900);
  options.moving_max = random.between(2, random.chance(0.5) ? 8 : 60);
  options.claim_max = random.between(1, 20);
  options.deliveries_max = random.between(3, 8);
  options.hold_in_doubt = random.chance(0.3);
  const double share = random.fraction() * 0.6;
  for (std::size_t i = 0; i < kFaultCount; ++i)
    if (random.chance(share))
      options.faults[i] = usual_probability(static_cast<Fault>(i)) * (0.2 + random.fraction() * 2);
  return options;
}

bool set_option(Options& options, std::string_view name, const std::string& value) {
  if (name == "--seed") return read_number(value, options.seed);
  if (name == "--faults") return read_faults(options, value);
  if (name == "--in-doubt") return options.hold_in_doubt = value == "hold", value == "hold" || value == "resend";
  for (const Number& number : kNumbers)
    if (number.name == name) return read_number(value, options.*number.field);
  return false;
}

std::string to_arguments(const Options& options) {
  std::ostringstream out;
  out << "--seed " << options.seed;
  for (const Number& number : kNumbers) out << " " << number.name << " " << options.*number.field;
  out << " --in-doubt " << (options.hold_in_doubt ? "hold" : "resend") << " --faults ";
  std::string_view comma;
  for (std::size_t i = 0; i < kFaultCount; ++i) {
    if (options.faults[i] <= 0) continue;
    out << std::exchange(comma, ",") << name_of(static_cast<Fault>(i)) << "=" << exact(options.faults[i]);
  }
  if (comma.empty()) out << "none";
  return out.str();
}

}  // namespace pawl::simulation
