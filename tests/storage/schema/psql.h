// A script run by psql.
#pragma once

#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/temporary_directory.h"

namespace pawl::tests {

/// As a DBA does; whether psql found nothing wrong.
inline bool run_with_psql(const std::string& database, const std::string& script) {
  const tests::TemporaryDirectory folder;
  const std::string file = folder.path() + "/migrate.sql";
  std::ofstream(file) << script;
  return std::system(("psql -qX -d " + database + " < " + file + " > " + folder.path() + "/out 2>&1").c_str()) == 0;
}

}  // namespace pawl::tests
