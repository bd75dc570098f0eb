# Installs the components that an author's tests need into an empty folder, and builds somebody else's project against them;
# then the others, and a program for each of them; then the same project with the tree inside, on a machine that has the
# engine's libraries alone. And each floor with its tests is configured:
# cmake -DBUILD=BUILD_FOLDER -P package_test.cmake
set(folder ${BUILD}/package_test)
file(REMOVE_RECURSE ${folder})
find_program(CCACHE ccache)
if(CCACHE)
  set(ENV{CMAKE_CXX_COMPILER_LAUNCHER} "env;CCACHE_DEPEND=1;CCACHE_SLOPPINESS=pch_defines,time_macros;${CCACHE}")
endif()

function(install_components)
  foreach(component IN LISTS ARGN)
    execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${folder}/installed --component ${component}
      OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
endfunction()

function(build_and_run name)
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${folder}/${name} ${ARGN}
    COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${CMAKE_COMMAND} --build ${folder}/${name} COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${folder}/${name}/somebody_elses COMMAND_ERROR_IS_FATAL ANY)
endfunction()

install_components(engine testing)
build_and_run(installed_build -DCMAKE_PREFIX_PATH=${folder}/installed)

file(GLOB components RELATIVE ${BUILD}/links ${BUILD}/links/pawl-*-links.cmake)
list(TRANSFORM components REPLACE "^pawl-(.*)-links.cmake$" "\\1")
install_components(checkpoints)
execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/components -B ${folder}/lacking
    -DCMAKE_PREFIX_PATH=${folder}/installed -DCOMPONENTS=checkpoints
  RESULT_VARIABLE code OUTPUT_QUIET ERROR_VARIABLE said)
if(code EQUAL 0 OR NOT said MATCHES "pawl has no component sqlite")
  message(FATAL_ERROR "a component without one that it links was taken, or refused without saying which: ${said}")
endif()
install_components(${components})
execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/components -B ${folder}/components
    -DCMAKE_PREFIX_PATH=${folder}/installed "-DCOMPONENTS=${components}"
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${folder}/components --parallel COMMAND_ERROR_IS_FATAL ANY)

set(tree -DPAWL_TREE=${CMAKE_CURRENT_LIST_DIR}/../..)
foreach(package Poco CLI11 Catch2 SQLiteCpp benchmark OpenSSL PkgConfig)
  list(APPEND without -DCMAKE_DISABLE_FIND_PACKAGE_${package}=ON)
endforeach()
build_and_run(subproject ${tree} ${without})

execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${folder}/misspelt ${tree} -DPAWL_UP_TO=engin
  RESULT_VARIABLE code OUTPUT_QUIET ERROR_VARIABLE said)
if(code EQUAL 0 OR NOT said MATCHES "one of.*it is \"engin\"")
  message(FATAL_ERROR "a floor that there is not was taken, or refused without a word: ${said}")
endif()

foreach(floor engine storage workflows)
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/../.. -B ${folder}/floors -DPAWL_UP_TO=${floor}
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endforeach()
