// Writes the control file and compares what is in Postgres, the store and the mailbox.
#include "tests/faults/disk/disk_job.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <sstream>

namespace pawl::faults {

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string message_id(const nlohmann::json& mail) {
  for (const auto& header : mail["headers"])
    if (header[0] == "Message-ID") return header[1];
  return "a mail without Message-ID";
}

}  // namespace

void DiskJob::fail_syncs(int count) {
  for (int i = 0; i < count; ++i) organisation.fail_sync("failure " + std::to_string(++events_));
}

Environment DiskJob::on_disk(Environment more) const {
  more.insert({{"LD_PRELOAD", PAWL_DISK_FAULTS},
               {"PAWL_DISK_PREFIX", checkpoints()},
               {"PAWL_DISK_CONTROL", folder.path() + "/control"},
               {"PAWL_DISK_FIRED", folder.path() + "/fired"}});
  return environment(more);
}

std::unique_ptr<PawlProcess> DiskJob::start_on_disk(Environment more) const {
  more.insert({"PAWL_LISTEN", "unix:" + folder.path() + "/status"});
  return std::make_unique<PawlProcess>(std::vector<std::string>{"worker"}, on_disk(more));
}

std::string DiskJob::page(const std::string& path) const { return bin::status_page(folder.path() + "/status", path); }

bool DiskJob::all_done() { return count("pawl.v1_events where status = 'done'") == std::to_string(events_); }

void DiskJob::tell(const std::string& word) const {
  const std::string control = folder.path() + "/control";
  std::ofstream(control + ".new") << word << "\n";
  std::filesystem::rename(control + ".new", control);
}

std::size_t DiskJob::fired(const std::string& word) const {
  std::ifstream file(folder.path() + "/fired");
  std::size_t count = 0;
  for (std::string line; std::getline(file, line);) count += line.starts_with(word + " ");
  return count;
}

std::string DiskJob::stored(const std::string& query) const {
  const Completed asked = pawl({"sql", query, "-o", "ids"});
  INFO(asked.err);
  REQUIRE(asked.code == 0);
  return asked.out.substr(0, asked.out.find_last_not_of('\n') + 1);
}

std::vector<std::string> DiskJob::forgotten() {
  const auto known =
      lines_of(stored("select 'ended ' || run_id from v1_runs where ended_at is not null union all "
                      "select 'resolved ' || run_id from v1_steps where step = 'resolve-recipients'"));
  std::vector<std::string> missing;
  for (const auto& row : database.exec("select 'ended ' || event_id from pawl.v1_events where finished_at is not null "
                                       "union select 'resolved ' || event_id from notifications"))
    if (std::find(known.begin(), known.end(), row[0]) == known.end()) missing.push_back(row[0]);
  return missing;
}

void DiskJob::check_promises() {
  const std::string events = std::to_string(events_), recipients = std::to_string(2 * events_);
  CHECK(count("pawl.outbox") == "0");
  CHECK(count("pawl.v1_events where status = 'done'") == events);
  CHECK(count("notifications") == recipients);
  CHECK(count("(select event_id, user_id from notifications group by 1, 2 having count(*) > 1) as twice") == "0");
  CHECK(count("pawl.v1_emails where state = 'accepted'") == recipients);
  std::map<std::string, std::vector<std::string>> copies;
  for (const auto& mail : smtp.received()) copies[message_id(mail)].push_back(mail["raw"].get<std::string>());
  CHECK(std::to_string(copies.size()) == recipients);
  for (const auto& [id, raw] : copies) {
    const std::string in_doubt =
        database.value("select in_doubt_count from pawl.v1_emails where message_id = $1", {id});
    CHECK(static_cast<int>(raw.size()) - 1 <= std::stoi(in_doubt));
    CHECK(std::count(raw.begin(), raw.end(), raw.front()) == static_cast<std::ptrdiff_t>(raw.size()));
  }
}

}  // namespace pawl::faults
