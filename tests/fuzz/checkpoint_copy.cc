// Fuzzes copies of checkpoint files: a good file with bytes changed or cut off is answered from, or refused.
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "engine/authoring/errors.h"
#include "storage/checkpoints/read_only.h"
#include "storage/checkpoints/reader.h"
#include "storage/checkpoints/sqlite_checkpoints.h"
#include "tests/fuzz/target.h"
#include "tests/storage/checkpoints/samples.h"
#include "tests/temporary_directory.h"

using namespace pawl;
using namespace pawl::storage;

namespace {

constexpr std::chrono::seconds kPatience{5};
constexpr unsigned kCut = 0x80;  // of an edit's third byte: the file ends there

struct Place {
  tests::TemporaryDirectory directory;
  const std::string path = directory.path() + "/copy.db";
  const std::string good = good_file();

 private:
  // A store with a run of each kind, as a worker leaves it behind.
  std::string good_file() const {
    {
      SqliteCheckpoints store(path);
      store.recover();
      commit(store,
             {started(1), settled(1, {"load", ""}), attempt(1, {"send", "a"}, 1, "refused"),
              failed_step(1, {"send", "a"}, "no such user"), ended(1, engine::RunStatus::kFailed, "no such user")});
      commit(store, {started(2), settled(2, {"load", ""}, std::string(5000, '7')), ended(2, engine::RunStatus::kDone)});
      commit(store, {started(3), attempt(3, {"send", "b"}, 1, "later"), engine::RunParked{3, at(9), "later"}});
    }
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

// Each edit is an offset of three bytes and the byte to write there.
std::string edited(std::string file, fuzz::Input& input) {
  while (!input.empty() && !file.empty()) {
    const unsigned low = input.byte(), middle = input.byte(), high = input.byte(), value = input.byte();
    const std::size_t at = (low | middle << 8 | (high & ~kCut) << 16) % file.size();
    if (high & kCut)
      file.resize(at);
    else
      file[at] = static_cast<char>(value);
  }
  return file;
}

template <class Action>
void refused_or_answered(Action action) try {
  action();
} catch (const engine::Error&) {  // with a reason, like every error of the family
}

void read_copy(const std::string& path) {
  refused_or_answered([&] {
    const CheckpointReader reader(path, kPatience);
    refused_or_answered([&] { reader.count({}, 1000); });
    RunFilter failed;
    failed.status = "failed";
    failed.aggregate_id = "connection-1";
    refused_or_answered([&] { reader.runs(failed); });
    refused_or_answered([&] { reader.runs_like("event", 10); });
    refused_or_answered([&] { reader.query("select * from v1_runs, v1_waiting"); });
    refused_or_answered([&] { reader.each_run({}, [](const auto&) {}); });
    for (const engine::RunNumber run : {1, 2, 3}) {
      refused_or_answered([&] { reader.run(event_id(run)); });
      refused_or_answered([&] { reader.timeline(event_id(run)); });
      refused_or_answered([&] { reader.build_of(event_id(run)); });
    }
  });
  refused_or_answered([&] { verify_store(path); });
}

void use_copy(const std::string& path) {
  refused_or_answered([&] {
    SqliteCheckpoints store(path);
    store.recover();
    refused_or_answered([&] { store.find(std::vector<std::string>{event_id(1), event_id(3)}); });
    refused_or_answered([&] { commit(store, {settled(3, {"load", ""})}); });
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const Place place;
  fuzz::Input input(bytes, size);
  const bool as_worker = input.byte() & 1;
  for (const char* beside : {"-wal", "-shm", "-journal"}) unlink((place.path + beside).c_str());
  std::ofstream(place.path, std::ios::binary | std::ios::trunc) << edited(place.good, input);
  as_worker ? use_copy(place.path) : read_copy(place.path);
  return 0;
}
