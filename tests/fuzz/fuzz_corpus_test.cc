// Every fuzz target over its corpus, so that what was found once is found again without clang.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

using Target = int(const std::uint8_t* bytes, std::size_t size);
extern "C" Target fuzz_checkpoint_copy, fuzz_conninfo, fuzz_html_text, fuzz_mail_header, fuzz_mail_template,
    fuzz_payload, fuzz_redacted_json, fuzz_redaction, fuzz_smtp_reply, fuzz_url;

namespace {

const std::map<std::string, Target*> kTargets{{"checkpoint_copy", fuzz_checkpoint_copy},
                                              {"conninfo", fuzz_conninfo},
                                              {"html_text", fuzz_html_text},
                                              {"mail_header", fuzz_mail_header},
                                              {"mail_template", fuzz_mail_template},
                                              {"payload", fuzz_payload},
                                              {"redacted_json", fuzz_redacted_json},
                                              {"redaction", fuzz_redaction},
                                              {"smtp_reply", fuzz_smtp_reply},
                                              {"url", fuzz_url}};

std::vector<std::uint8_t> contents_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TEST_CASE("no input of a fuzz target's corpus breaks a promise") {
  std::map<std::string, int> inputs;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(PAWL_FUZZ_CORPUS)) {
    if (!entry.is_regular_file()) continue;
    INFO(entry.path());
    const std::string target = entry.path().parent_path().filename();
    REQUIRE(kTargets.contains(target));
    const std::vector<std::uint8_t> input = contents_of(entry.path());
    CHECK_NOTHROW(kTargets.at(target)(input.data(), input.size()));
    ++inputs[target];
  }
  CHECK(inputs.size() == kTargets.size());
}
