// Draws, reads and prints options.
#include "tests/simulation/world/options.h"

#include <charconv>
#include <sstream>

#include "tests/simulation/world/random.h"

namespace pawl::simulation {

namespace {

struct Number {
  std::string_view name;
  int Options::*field;
  int most;  ///< From 1.
};

constexpr std::array<Number, 8> kNumbers{{{"--events", &Options::events, 100'000},
                                          {"--workers", &Options::workers, 16},
                                          {"--fault-seconds", &Options::fault_seconds, 1'000'000},
                                          {"--lease-seconds", &Options::lease_seconds, 100'000},
                                          {"--hang-seconds", &Options::hang_seconds, 100'000},
                                          {"--moving-max", &Options::moving_max, 100'000},
                                          {"--claim-max", &Options::claim_max, 10'000},
                                          {"--deliveries-max", &Options::deliveries_max, 1'000}}};

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
    double& probability = options[*fault];
    if (equals != std::string::npos && !read_number(entry.substr(equals + 1), probability)) return false;
    if (!(probability >= 0 && probability <= 1)) return false;
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

std::vector<std::pair<std::string, std::string>> option_names() {
  std::vector<std::pair<std::string, std::string>> names;
  for (const Number& number : kNumbers) names.emplace_back(number.name, "1 to " + std::to_string(number.most));
  names.emplace_back("--in-doubt", "hold or resend");
  std::string faults;
  for (std::size_t i = 0; i < kFaultCount; ++i)
    faults += (faults.empty() ? "" : ", ") + std::string(name_of(static_cast<Fault>(i)));
  names.emplace_back("--faults", "none, or NAME[=PROBABILITY],... of " + faults);
  return names;
}

bool set_option(Options& options, std::string_view name, const std::string& value) {
  if (name == "--seed") return read_number(value, options.seed);
  if (name == "--faults") return read_faults(options, value);
  if (name == "--in-doubt") return options.hold_in_doubt = value == "hold", value == "hold" || value == "resend";
  for (const Number& number : kNumbers)
    if (number.name == name)
      return read_number(value, options.*number.field) && options.*number.field >= 1 &&
             options.*number.field <= number.most;
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
