// Prints what went, or would go, a line a kind of rows.
#include "bin/commands/change/prune.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "bin/commands/verb/one_shot.h"
#include "bin/operations/changes/prune.h"
#include "bin/output/json_value.h"

namespace pawl::bin {

namespace {

Table::Cell cell(const std::optional<std::int64_t>& number) {
  return number ? Table::Cell(std::to_string(*number)) : std::nullopt;
}

void print_lines(std::ostream& out, const std::vector<PruneLine>& lines, OutputFormat format) {
  if (format == OutputFormat::kJson) {
    auto rows = nlohmann::ordered_json::array();
    for (const PruneLine& line : lines) {
      auto& row = rows.emplace_back(nlohmann::ordered_json{{"what", line.what}, {"where", line.where}});
      row["rows"] = number_or_null(line.rows);
      row["bytes"] = number_or_null(line.bytes);
      row["detail"] = text_or_null(line.detail);
    }
    return print_json(out, rows);
  }
  Table table{{"what", "where", "rows", "bytes", "detail"}, {}, 0};
  for (const PruneLine& line : lines)
    table.rows.push_back({line.what, line.where, cell(line.rows), cell(line.bytes), line.detail});
  print_table(out, table, format);
}

class PruneVerb final : public Verb {
 public:
  explicit PruneVerb(CLI::App& command) {
    command.add_flag("--dry-run", dry_run_, "Only say what would go, and how much");
  }

  ExitCode run(const Settings& settings, Console& console) override {
    await_migrated_postgres(settings, console);
    print_lines(console.out,
                prune({.postgres = address_of(settings, kLongAnswer),
                       .checkpoints = checkpoints_path(settings.checkpoints),
                       .retention = settings.retention,
                       .archive_retention = settings.archive_retention,
                       .dry_run = dry_run_}),
                settings.output);
    return ExitCode::kDone;
  }

 private:
  bool dry_run_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_prune(CLI::App& command) { return std::make_unique<PruneVerb>(command); }

}  // namespace pawl::bin
