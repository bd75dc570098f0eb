# Lines of migrations as code, for whoever builds on pawl. What a line's folder may hold: pawl/storage/migrations/migrations.h.
set(PAWL_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/embed.cmake CACHE INTERNAL "Makes C++ of a line of migrations")

# pawl_embed_line(TARGET FOLDER FUNCTION HEADER) gives a target the line in FOLDER, whose name is the line's, as what the
# function returns that the header declares.
function(pawl_embed_line target folder function header)
  cmake_path(GET folder FILENAME line)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${line}_migrations.cc)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*.sql)
  add_custom_command(OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DOUT=${source} -DLINE=${folder} -DFUNCTION=${function} -DHEADER=${header}
            -P ${PAWL_EMBED_SCRIPT}
    DEPENDS ${files} ${PAWL_EMBED_SCRIPT} VERBATIM)
  target_sources(${target} PRIVATE ${source})
endfunction()

# pawl_add_migrations(TARGET FOLDER) does so without a header to write: the target, and what links it in the same build,
# has the line by LINE_migrations.h, as pawl::storage::LINE_migrations().
function(pawl_add_migrations target folder)
  cmake_path(ABSOLUTE_PATH folder NORMALIZE)
  cmake_path(GET folder FILENAME line)
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/${line}_migrations.h CONTENT [[
// The line of migrations @line@.
#pragma once

#include <pawl/storage/migrations/migrations.h>

namespace pawl::storage {

const MigrationLine& @line@_migrations();

}  // namespace pawl::storage
]] @ONLY)
  target_include_directories(${target} PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_BINARY_DIR}>)
  pawl_embed_line(${target} ${folder} pawl::storage::${line}_migrations ${line}_migrations.h)
endfunction()
