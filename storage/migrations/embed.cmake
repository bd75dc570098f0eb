# Writes a line of migrations into one C++ source: the numbered files of its folder are the migrations, and what else it has
# is text of that name.
#
# Runs at build time: cmake -DOUT=FILE -DLINE=FOLDER -DFUNCTION=NAMESPACE::NAME -DHEADER=FILE -P embed.cmake; the function
# returns the line, and the header declares it.
function(append_text into file field)
  if(EXISTS ${file})
    file(READ ${file} sql)
    set(${into} "${${into}}      .${field} = R\"__SQL__(${sql})__SQL__\",\n" PARENT_SCOPE)
  endif()
endfunction()

get_filename_component(line ${LINE} NAME)
file(GLOB files ${LINE}/[0-9]*.sql)
list(SORT files)
list(LENGTH files count)
string(CONCAT source "// Generated from ${line}/ by storage/migrations/embed.cmake.\n"
  "#include <array>\n\n#include \"${HEADER}\"\n\n"
  "const pawl::storage::MigrationLine& ${FUNCTION}() {\n"
  "  static constexpr std::array<pawl::storage::Migration, ${count}> kMigrations{{\n")
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME)
  string(REGEX MATCH "^0*([1-9][0-9]*)_" prefix ${name})
  if(NOT prefix)
    message(FATAL_ERROR "${file}: name a migration NNN_what_it_does.sql")
  endif()
  set(number ${CMAKE_MATCH_1})
  file(READ ${file} sql)
  string(APPEND source "      {${number}, \"${name}\", R\"__SQL__(${sql})__SQL__\"},\n")
endforeach()
string(APPEND source "  }};\n  static constexpr pawl::storage::MigrationLine kLine{\n      .name = \"${line}\",\n      .migrations = kMigrations,\n")
foreach(field unfit missing reference roles grants)
  append_text(source ${LINE}/${field}.sql ${field})
endforeach()
string(APPEND source "  };\n  return kLine;\n}\n")
file(WRITE ${OUT} "${source}")
