# Lets installed headers include each other as pawl/FOLDER/FILE.h: in the tree they do so by their place in it.
file(GLOB_RECURSE headers "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/${pawl_headers}/*.h")
foreach(header IN LISTS headers)
  file(READ ${header} text)
  string(REGEX REPLACE "#include \"(engine|storage|workflows|bin)/" "#include \"pawl/\\1/" text "${text}")
  file(WRITE ${header} "${text}")
endforeach()
