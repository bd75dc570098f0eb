// Prints a config file or a completion, or writes all man pages.
#include "bin/reference/generate.h"

#include <CLI/CLI.hpp>
#include <fstream>

#include "bin/output/program_name.h"
#include "bin/reference/completion.h"
#include "bin/reference/config_file.h"
#include "bin/reference/man_page.h"
#include "engine/authoring/errors.h"

namespace pawl::bin {

namespace {

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  if (!file) throw engine::RefusedError("cannot write " + path);
}

class GenerateVerb final : public Verb {
 public:
  explicit GenerateVerb(CLI::App& command) : program_(*command.get_parent()) {
    command.add_option("WHAT", what_, "What to print; `man` writes a file a verb into --to instead")
        ->required()
        ->check(CLI::IsMember({"config", "bash", "zsh", "fish", "man"}));
    command.add_option("--to", folder_, "The folder for man pages")->check(CLI::ExistingDirectory)->default_str(".");
  }

  ExitCode run(const Settings&, Console& console) override {
    const VerbTable program = table_of(program_);
    if (what_ == "config") console.out << config_file(program);
    if (what_ == "bash") console.out << bash_completion(program);
    if (what_ == "zsh") console.out << zsh_completion(program);
    if (what_ == "fish") console.out << fish_completion(program);
    if (what_ == "man") write_man_pages(program);
    return ExitCode::kDone;
  }

 private:
  void write_man_pages(const VerbTable& program) const {
    const auto write = [&](const std::string& page, const std::string& text) {
      write_file(folder_ + "/" + page, in_name_of(program.name, text));
    };
    write(program.name + ".1", man_page(program));
    write(program.name + ".ini.5", config_man_page(program));
    for (const VerbTable& verb : program.verbs) write(program.name + "-" + verb.last_word() + ".1", man_page(verb));
  }

  const CLI::App& program_;
  std::string what_;
  std::string folder_ = ".";
};

}  // namespace

std::unique_ptr<Verb> make_generate(CLI::App& command) { return std::make_unique<GenerateVerb>(command); }

}  // namespace pawl::bin
