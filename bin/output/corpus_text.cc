// Renders the report of a corpus.
#include "bin/output/corpus_text.h"

#include <nlohmann/json.hpp>

#include "bin/output/terminal_text.h"
#include "engine/text/counted.h"

namespace pawl::bin {

namespace {

nlohmann::ordered_json json_of(const CorpusReport& corpus) {
  nlohmann::ordered_json shown{{"replayed", corpus.replayed},
                               {"fit", corpus.replayed - corpus.misfits},
                               {"misfits", corpus.misfits},
                               {"kinds", nlohmann::ordered_json::array()}};
  for (const MisfitKind& kind : corpus.kinds)
    shown["kinds"].push_back(
        {{"workflow", kind.workflow}, {"what", kind.what}, {"runs", kind.runs}, {"examples", kind.examples}});
  shown["more_kinds"] = corpus.more_kinds;
  return shown;
}

}  // namespace

void print_corpus(std::ostream& out, const CorpusReport& corpus, OutputFormat format) {
  if (format == OutputFormat::kJson) return print_json(out, json_of(corpus));
  for (const MisfitKind& kind : corpus.kinds) {
    out << engine::counted(static_cast<std::int64_t>(kind.runs), "run") << " of " << terminal_line(kind.workflow)
        << ": " << terminal_line(kind.what) << "\n  like";
    for (const std::string& id : kind.examples) out << ' ' << terminal_line(id);
    out << '\n';
  }
  if (corpus.more_kinds > 0) out << "and " << corpus.more_kinds << " more ways\n";
  if (!corpus.kinds.empty()) out << '\n';
  out << engine::counted(static_cast<std::int64_t>(corpus.replayed), "run")
      << " replayed: " << corpus.replayed - corpus.misfits << " fit this build, " << corpus.misfits
      << " do not; nothing was executed\n";
}

}  // namespace pawl::bin
