# Installs the components that an author needs into an empty folder, and builds somebody else's project against them; then
# the same project with the tree inside, on a machine that has the engine's libraries alone:
# cmake -DBUILD=BUILD_FOLDER -P package_test.cmake
set(folder ${BUILD}/package_test)
file(REMOVE_RECURSE ${folder})
foreach(component engine testing)
  execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${folder}/installed --component ${component}
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endforeach()

function(build_and_run name)
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${folder}/${name} ${ARGN}
    COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${CMAKE_COMMAND} --build ${folder}/${name} COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${folder}/${name}/somebody_elses COMMAND_ERROR_IS_FATAL ANY)
endfunction()

build_and_run(installed_build -DCMAKE_PREFIX_PATH=${folder}/installed)
set(tree -DPAWL_TREE=${CMAKE_CURRENT_LIST_DIR}/../..)
foreach(package Poco CLI11 Catch2 SQLiteCpp mimalloc benchmark OpenSSL PkgConfig)
  list(APPEND without -DCMAKE_DISABLE_FIND_PACKAGE_${package}=ON)
endforeach()
build_and_run(subproject ${tree} ${without})

execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${folder}/misspelt ${tree} -DPAWL_UP_TO=engin
  RESULT_VARIABLE code OUTPUT_QUIET ERROR_VARIABLE said)
if(code EQUAL 0 OR NOT said MATCHES "one of.*it is \"engin\"")
  message(FATAL_ERROR "a floor that there is not was taken, or refused without a word: ${said}")
endif()
