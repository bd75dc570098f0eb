# Installs the components that an author needs into an empty folder, and builds somebody else's project against them:
# cmake -DBUILD=BUILD_FOLDER -P package_test.cmake
set(folder ${BUILD}/package_test)
file(REMOVE_RECURSE ${folder})
foreach(component engine testing)
  execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${folder}/installed --component ${component}
    OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
endforeach()
execute_process(COMMAND ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR} -B ${folder}/build
  -DCMAKE_PREFIX_PATH=${folder}/installed COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${folder}/build COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${folder}/build/somebody_elses COMMAND_ERROR_IS_FATAL ANY)
