// Finds the verb that is asked about.
#include "bin/reference/help.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "bin/operations/runs/command_error.h"
#include "bin/reference/option_table.h"
#include "workflows/text/suggestion.h"

namespace pawl::bin {

namespace {

class HelpVerb final : public Verb {
 public:
  explicit HelpVerb(CLI::App& command) : program_(*command.get_parent()) {
    command.add_option("VERB", words_, "Which one, like `mail test`; without it all of pawl");
  }

  ExitCode run(const Settings&, Console& console) override {
    const CLI::App* verb = &program_;
    for (const std::string& word : words_) verb = &below(*verb, word);
    // App::help() would be that of the verb that was parsed, which is this one.
    console.out << verb->get_formatter()->make_help(verb, table_of(*verb).name, CLI::AppFormatMode::Normal);
    return ExitCode::kDone;
  }

 private:
  static const CLI::App& below(const CLI::App& verb, const std::string& word) {
    const auto known = verb.get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); });
    const auto found = std::ranges::find(known, word, [](const CLI::App* one) { return one->get_name(); });
    if (found != known.end()) return **found;
    std::vector<std::string> names;
    for (const CLI::App* one : known) names.push_back(one->get_name());
    throw NotFoundError("no such verb: " + word + text::suggestion(word, names));
  }

  const CLI::App& program_;
  std::vector<std::string> words_;
};

}  // namespace

std::unique_ptr<Verb> make_help(CLI::App& command) { return std::make_unique<HelpVerb>(command); }

}  // namespace pawl::bin
