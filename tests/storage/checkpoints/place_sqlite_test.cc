// Where a checkpoint file may be, and by which names it may be opened.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "engine/authoring/errors.h"
#include "storage/checkpoints/reader.h"
#include "storage/checkpoints/sqlite_checkpoints.h"
#include "storage/sqlite/place.h"
#include "tests/storage/checkpoints/samples.h"
#include "tests/temporary_directory.h"

namespace fs = std::filesystem;
using namespace pawl;
using namespace pawl::storage;

namespace {

struct Place {
  tests::TemporaryDirectory directory;
  const std::string path = directory.path() + "/checkpoints.db";

  std::string why_refused() const {
    try {
      SqliteCheckpoints store(path);
    } catch (const engine::RefusedError& error) {
      return error.what();
    }
    return "";
  }
};

// False where the container has no other user, although this one is its root.
bool give_away(const std::string& to) {
  if (chown(to.c_str(), 12345, 0) == 0) return true;
  WARN("left out: " << to << " cannot be given to another user");
  return false;
}

// A hot journal as the SQLite file format has it, "The Rollback Journal": a header of one sector, then each page of
// `database` with its number and checksum (nonce 0: the sum of every 200th byte, from the end).
void write_journal_of(const std::string& database, const std::string& journal) {
  constexpr std::uint32_t kSector = 512, kPage = 4096;
  const auto size = static_cast<std::uint32_t>(fs::file_size(database));
  std::ifstream from(database, std::ios::binary);
  std::ofstream to(journal, std::ios::binary);
  const auto number = [&](std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) to.put(static_cast<char>(value >> shift));
  };
  to.write("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8);
  for (const std::uint32_t field : {size / kPage, 0U, size / kPage, kSector, kPage}) number(field);
  to << std::string(kSector - 28, '\0');
  for (std::uint32_t page = 1; page <= size / kPage; ++page) {
    std::string bytes(kPage, '\0');
    from.read(bytes.data(), kPage);
    number(page);
    to << bytes;
    std::uint32_t sum = 0;
    for (std::uint32_t at = kPage - 200; at > 0 && at < kPage; at -= 200) sum += static_cast<unsigned char>(bytes[at]);
    number(sum);
  }
}

}  // namespace

TEST_CASE_METHOD(Place, "a symbolic link leads to the file, before it exists and afterwards, and stays a link") {
  fs::create_directory(directory.path() + "/volume");
  const std::string file = directory.path() + "/volume/real.db";
  fs::create_symlink("volume/real.db", directory.path() + "/second.db");
  fs::create_symlink("second.db", path);
  for (engine::RunNumber run : {1, 2}) {
    SqliteCheckpoints store(path);
    store.recover();
    commit(store, {started(run)});
    CHECK_THROWS_WITH(SqliteCheckpoints(file), Catch::Contains("in use by pid"));
  }
  CHECK(fs::is_symlink(path));
  CHECK(fs::is_regular_file(file));
  CHECK(CheckpointReader(path).runs({}).size() == 2);
}

TEST_CASE_METHOD(Place, "links in a circle are refused") {
  fs::create_symlink(path, directory.path() + "/other.db");
  fs::create_symlink(directory.path() + "/other.db", path);
  CHECK_THAT(why_refused(), Catch::Contains("circle"));
}

TEST_CASE_METHOD(Place, "a name that reads like a URI is a file's name") {
  const fs::path here = fs::current_path();
  fs::current_path(directory.path());
  { SqliteCheckpoints store("file:x?mode=memory"); }
  CHECK(CheckpointReader("file:x?mode=memory").runs({}).empty());
  fs::current_path(here);
  CHECK(fs::is_regular_file(directory.path() + "/file:x?mode=memory"));
}

TEST_CASE_METHOD(Place, "a place where somebody else could exchange the file is refused by name") {
  CHECK(why_refused().empty());
  SECTION("a directory that everybody may write to") {
    chmod(directory.path().c_str(), 0777);
    CHECK_THAT(why_refused(), Catch::Contains("everybody may write to its directory " + directory.path()));
    chmod(directory.path().c_str(), 01777);
    CHECK(why_refused().empty());
  }
  SECTION("a file with a second name") {
    const std::string beside = path + GENERATE("", ".lock");
    fs::create_hard_link(beside, directory.path() + "/second");
    CHECK_THAT(why_refused(), Catch::Contains(beside + " has another name"));
  }
  SECTION("a -wal or lock that is a link") {
    const std::string beside = path + GENERATE("-wal", "-shm", ".lock");
    fs::remove(beside);
    std::ofstream(directory.path() + "/target") << "precious";
    fs::create_symlink(directory.path() + "/target", beside);
    CHECK_THAT(why_refused(), Catch::Contains(beside + " is no regular file"));
    CHECK(fs::file_size(directory.path() + "/target") == 8);
  }
  if (geteuid() == 0) {
    SECTION("another user's link, in a directory such as /tmp") {
      const std::string sticky = directory.path() + "/sticky", mine = directory.path() + "/mine";
      const bool is_file = GENERATE(true, false);
      fs::create_directory(sticky);
      fs::create_directory(mine);
      chmod(sticky.c_str(), 01777);
      const std::string link = sticky + "/link", victim = mine + "/victim.db";
      fs::create_symlink(is_file ? victim : mine, link);
      const std::string opened = is_file ? link : link + "/victim.db";
      if (lchown(link.c_str(), 12345, 0) != 0) return;
      CHECK_THROWS_WITH(SqliteCheckpoints(opened),
                        Catch::Contains("the symbolic link " + link + " belongs to another user (uid 12345)"));
      CHECK(fs::is_empty(mine));
      lchown(link.c_str(), 0, 0);
      CHECK_NOTHROW(SqliteCheckpoints(opened));
      CHECK(fs::exists(victim));
    }
    SECTION("a link that somebody else could exchange") {
      const std::string open = directory.path() + "/open";
      fs::create_directory(open);
      fs::create_symlink(path, open + "/link");
      chmod(open.c_str(), 0777);
      CHECK_THROWS_WITH(SqliteCheckpoints(open + "/link"),
                        Catch::Contains("everybody may write to its directory " + open));
    }
    SECTION("another user's directory") {
      if (!give_away(directory.path())) return;
      CHECK_THAT(why_refused(), Catch::Contains("uid 12345"));
    }
    SECTION("another user's file beside it") {
      std::ofstream(path + "-wal") << "planted";
      if (!give_away(path + "-wal")) return;
      CHECK_THAT(why_refused(), Catch::Contains(path + "-wal belongs to another user (uid 12345)"));
    }
    SECTION("another user's journal where a new file is made") {
      fs::remove(path);
      fs::remove(path + "-wal");
      std::ofstream(path + ".new-journal") << "planted";
      if (!give_away(path + ".new-journal")) return;
      CHECK_THAT(why_refused(), Catch::Contains(path + ".new-journal belongs to another user (uid 12345)"));
    }
  }
}

TEST_CASE_METHOD(Place, "a reader takes anybody's copy, but nothing beside it that somebody else has put there") {
  {
    SqliteCheckpoints store(path);
    commit(store, {started(1)});
  }
  const std::string beside = path + GENERATE("-wal", "-shm");
  fs::remove(beside);
  SECTION("what is no file") {
    fs::create_symlink(directory.path() + "/elsewhere", beside);
    CHECK_THROWS_WITH(CheckpointReader(path), Catch::Contains(beside + " is no regular file"));
  }
  if (geteuid() == 0) {
    SECTION("another user's") {
      std::ofstream(beside).flush();
      if (!give_away(beside)) return;
      CHECK_THROWS_WITH(CheckpointReader(path), Catch::Contains(beside + " belongs to another user (uid 12345)"));
      if (!give_away(path)) return;
      chmod(directory.path().c_str(), 0777);
      CHECK(CheckpointReader(path).runs({}).size() == 1);
    }
  }
}

TEST_CASE_METHOD(Place, "a rollback journal beside the file is refused and not played into it") {
  {
    SqliteCheckpoints store(path);
    commit(store, {started(1)});
  }
  const auto count = [&](const std::string& of) { return CheckpointReader(of).runs({}).size(); };
  const std::string older = directory.path() + "/older.db";
  fs::copy_file(path, older);  // what the journal would put back
  {
    SqliteCheckpoints store(path);
    commit(store, {started(2)});
  }
  REQUIRE(count(path) == 2);
  write_journal_of(older, path + "-journal");
  CHECK_THROWS_WITH(CheckpointReader(path), Catch::Contains(path + "-journal"));
  CHECK_THAT(why_refused(), Catch::Contains(path + "-journal"));
  CHECK(fs::exists(path + "-journal"));
  fs::remove(path + "-journal");
  CHECK(count(path) == 2);
}
