# Runs when the component pawl is installed: writes what depends on the prefix, and the list of what is in the binary.
# Expects binary, source, python, program, build and version; DESTDIR is heeded by file(INSTALL).
set(prefix ${CMAKE_INSTALL_PREFIX})
set(etc ${prefix}/etc)
if(prefix STREQUAL "/usr")
  set(etc /etc)
endif()

configure_file(${source}/pawl.service.in ${binary}/pawl.service @ONLY)
file(INSTALL DESTINATION ${prefix}/lib/systemd/system FILES ${binary}/pawl.service)
file(INSTALL DESTINATION ${etc}/pawl FILES ${binary}/generated/pawl.ini)
file(INSTALL DESTINATION ${etc}/logrotate.d FILES ${source}/pawl.logrotate RENAME pawl)

find_program(dpkg_query dpkg-query)
if(dpkg_query)  # elsewhere nobody knows which package a library is of
  execute_process(COMMAND ${python} ${source}/sbom.py ${program} ${build} ${version}
    OUTPUT_FILE ${binary}/sbom.spdx.json COMMAND_ERROR_IS_FATAL ANY)
  file(INSTALL DESTINATION ${prefix}/share/doc/pawl FILES ${binary}/sbom.spdx.json)
endif()
