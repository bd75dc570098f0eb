# pawl_library(NAME [but FOLDER] [precompiled_by OTHER]) makes pawl::NAME of this folder and those below, which add their
# sources by target_sources; headers of FOLDER are another's. It is a component of the package. Precompiled headers are
# the engine's, or of OTHER, which has the same macros (Poco's).
function(pawl_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "but;precompiled_by" "")
  if(NOT arg_precompiled_by)
    set(arg_precompiled_by engine)
  endif()
  add_library(pawl_${name} STATIC)
  add_library(pawl::${name} ALIAS pawl_${name})
  # Several sources are compiled at once, so that their headers are read once, and a second helper of one name is
  # refused. The warning is about types of a .cc file that hold others of its own.
  set_target_properties(pawl_${name} PROPERTIES EXPORT_NAME ${name} UNITY_BUILD ON)
  target_compile_options(pawl_${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  target_compile_features(pawl_${name} PUBLIC cxx_std_20)
  target_compile_definitions(pawl_${name} PUBLIC $<$<BOOL:${PAWL_CRASH_POINTS}>:PAWL_CRASH_POINTS>)
  target_include_directories(pawl_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  if(arg_precompiled_by STREQUAL name)
    target_precompile_headers(pawl_${name} PRIVATE
      <chrono> <functional> <map> <memory> <string> <vector> <nlohmann/json.hpp>)
  else()
    target_precompile_headers(pawl_${name} REUSE_FROM pawl_${arg_precompiled_by})
  endif()
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  install(TARGETS pawl_${name} EXPORT pawl-${name} ARCHIVE COMPONENT ${name})
  install(EXPORT pawl-${name} FILE pawl-${name}.cmake NAMESPACE pawl:: COMPONENT ${name}
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/pawl)
  file(GENERATE OUTPUT ${PROJECT_BINARY_DIR}/links/pawl-${name}-links.cmake
    CONTENT "set(_pawl_links_${name} [=[$<TARGET_PROPERTY:pawl_${name},INTERFACE_LINK_LIBRARIES>]=])\n")
  install(FILES ${PROJECT_BINARY_DIR}/links/pawl-${name}-links.cmake COMPONENT ${name}
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/pawl)
  install(DIRECTORY ./ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/pawl/${folder} COMPONENT ${name}
    FILES_MATCHING PATTERN "*.h" PATTERN "${arg_but}" EXCLUDE)
  install(CODE "set(pawl_headers \"${CMAKE_INSTALL_INCLUDEDIR}/pawl/${folder}\")" COMPONENT ${name})
  install(SCRIPT ${PROJECT_SOURCE_DIR}/pawl-install-headers.cmake COMPONENT ${name})
endfunction()
