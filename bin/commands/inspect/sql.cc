// Runs read-only statements on the checkpoint file.
#include "bin/commands/inspect/sql.h"

#include <CLI/CLI.hpp>

#include "bin/commands/verb/one_shot.h"
#include "bin/operations/runs/run_ids.h"
#include "engine/authoring/errors.h"
#include "storage/checkpoints/reader.h"

namespace pawl::bin {

namespace {

void print_rows(std::ostream& out, const storage::CheckpointReader& reader, const std::string& sql,
                OutputFormat format) {
  storage::CheckpointReader::Rows rows = reader.query(sql);
  if (rows.columns.empty()) return;
  print_table(out, Table{std::move(rows.columns), std::move(rows.rows), 0, std::move(rows.is_number)}, format);
}

class SqlVerb final : public Verb {
 public:
  explicit SqlVerb(CLI::App& command) {
    command.add_option("QUERY", query_,
                       "One statement; without it, statements are read from standard input, one a line");
  }

  ExitCode run(const Settings& settings, Console& console) override {
    const std::string path = checkpoints_path(settings.checkpoints);
    const storage::CheckpointReader reader(path);
    warn_if_nobody_works(reader, path, console);
    if (!query_.empty()) {
      print_rows(console.out, reader, query_, settings.output);
      return ExitCode::kDone;
    }
    list_views(reader, console);
    return converse(reader, settings.output, console);
  }

 private:
  /// On the error stream, so that what is piped on holds answers only.
  static void list_views(const storage::CheckpointReader& reader, Console& console) {
    console.err << "views (read-only; one statement a line):";
    for (const auto& row :
         reader.query("select name from sqlite_schema where type = 'view' and name glob 'v[0-9]*' order by name").rows)
      console.err << ' ' << row.front().value_or("");
    console.err << '\n';
  }

  /// A person goes on after a mistake; a script ends with exit 1 at its first.
  static ExitCode converse(const storage::CheckpointReader& reader, OutputFormat format, Console& console) {
    for (std::string line;;) {
      if (console.in_is_terminal) console.err << console.program << "> " << std::flush;
      if (!std::getline(console.in, line)) return ExitCode::kDone;
      if (line.find_first_not_of(" \t\r;") == std::string::npos) continue;
      try {
        print_rows(console.out, reader, line, format);
      } catch (const engine::Error& error) {
        if (!console.in_is_terminal) throw;
        console.err << error.what() << '\n';
      }
    }
  }

  std::string query_;
};

}  // namespace

std::unique_ptr<Verb> make_sql(CLI::App& command) { return std::make_unique<SqlVerb>(command); }

}  // namespace pawl::bin
