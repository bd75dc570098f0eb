# The fuzz targets: under gcc one test that goes over their corpora; with PAWL_FUZZ (clang, bin/fuzz) an executable each.
set(FUZZ_TARGETS
  checkpoint_copy conninfo html_text mail_header mail_template payload redacted_json redaction smtp_reply url)

if(PAWL_FUZZ)
  # what the targets need of each library: no coroutine, which clang 14 cannot compile
  set(fuzzed)
  foreach(library mail notify_sync_failure storage)
    get_target_property(sources ${library} SOURCES)
    list(APPEND fuzzed ${sources})
  endforeach()
  list(FILTER fuzzed EXCLUDE REGEX "notify_sync_failure/(create_in_app|resolve_recipients|send_email|workflow)\\.cc")
  list(FILTER fuzzed EXCLUDE REGEX "storage/(application|archive|claim|event|mail|migration_|ordered|outbox)")
  list(FILTER fuzzed EXCLUDE REGEX "storage/postgres_(inbox|mail|migrator|outbox|recipients|roles)")
  pawl_library(fuzzed ${fuzzed} bin/redact.cc)
  target_link_libraries(fuzzed PUBLIC
    nlohmann_json::nlohmann_json Threads::Threads OpenSSL::SSL OpenSSL::Crypto Poco::Foundation date::date-tz
    simdjson::simdjson SQLiteCpp PkgConfig::CURL PkgConfig::IDN2 PkgConfig::RE2 PkgConfig::PQXX PkgConfig::PQ)
  foreach(target ${FUZZ_TARGETS})
    add_executable(fuzz_${target} EXCLUDE_FROM_ALL tests/fuzz/${target}.cc)
    target_link_libraries(fuzz_${target} PRIVATE fuzzed)
    target_link_options(fuzz_${target} PRIVATE -fsanitize=fuzzer)
  endforeach()
  add_custom_target(fuzz)
  list(TRANSFORM FUZZ_TARGETS PREPEND fuzz_ OUTPUT_VARIABLE programs)
  add_dependencies(fuzz ${programs})
else()
  list(TRANSFORM FUZZ_TARGETS REPLACE "(.+)" "tests/fuzz/\\1.cc" OUTPUT_VARIABLE sources)
  pawl_test(fuzz_corpus_test cli tests/fuzz/fuzz_corpus_test.cc ${sources})
  foreach(target ${FUZZ_TARGETS})
    set_source_files_properties(tests/fuzz/${target}.cc PROPERTIES
      COMPILE_DEFINITIONS LLVMFuzzerTestOneInput=fuzz_${target})
  endforeach()
  target_compile_definitions(fuzz_corpus_test PRIVATE PAWL_FUZZ_CORPUS="${PROJECT_SOURCE_DIR}/tests/fuzz/corpus")
  target_link_libraries(fuzz_corpus_test PRIVATE SQLiteCpp)
endif()
