// CLI11's own parts in another order.
#include "bin/reference/help_text.h"

#include "bin/reference/option_table.h"

namespace pawl::bin {

HelpText::HelpText() {
  column_width(36);
  label("SUBCOMMAND", "VERB");
  label("Positionals", "Arguments");
}

std::string HelpText::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
  if (mode == CLI::AppFormatMode::Sub) return make_expanded(app);
  return make_description(app) + make_usage(app, name) + make_subcommands(app, mode) + make_positionals(app) +
         make_groups(app, mode) + '\n' + make_footer(app);
}

// CLI11 would put the default between the name and what it takes.
std::string HelpText::make_option_opts(const CLI::Option* option) const {
  std::string text = CLI::Formatter::make_option_opts(option);
  const std::string is_default = "=" + option->get_default_str();
  if (const std::size_t at = text.find(is_default); at != std::string::npos && is_default.size() > 1)
    text.erase(at, is_default.size());
  return text;
}

std::string HelpText::make_option_desc(const CLI::Option* option) const {
  return option->get_description() + default_text(option->get_description(), option->get_default_str());
}

}  // namespace pawl::bin
