# pawl_add_migrations(TARGET FOLDER) gives a target the line of migrations in FOLDER, whose name is the line's. C++ has it by
# LINE_migrations.h, as pawl::storage::LINE_migrations(). What a folder may hold: pawl/storage/migrations/migrations.h.
set(PAWL_MIGRATIONS_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/embed.cmake CACHE INTERNAL "Makes C++ of a line of migrations")

function(pawl_add_migrations target folder)
  cmake_path(ABSOLUTE_PATH folder NORMALIZE)
  cmake_path(GET folder FILENAME line)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${line}_migrations)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*.sql)
  add_custom_command(OUTPUT ${out}.cc
    COMMAND ${CMAKE_COMMAND} -DOUT=${out}.cc -DLINE=${folder} -DFUNCTION=pawl::storage::${line}_migrations
            -DHEADER=${line}_migrations.h -P ${PAWL_MIGRATIONS_SCRIPT}
    DEPENDS ${files} ${PAWL_MIGRATIONS_SCRIPT} VERBATIM)
  file(CONFIGURE OUTPUT ${out}.h CONTENT [[
// The line of migrations @line@.
#pragma once

#include <pawl/storage/migrations/migrations.h>

namespace pawl::storage {

const MigrationLine& @line@_migrations();

}  // namespace pawl::storage
]] @ONLY)
  target_sources(${target} PRIVATE ${out}.cc)
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()
