// The story of a run: who was told at which address, who resumed it and why, and how to find it.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/bin/worker/job.h"

using namespace pawl::bin;
using nlohmann::json;

namespace {

struct StoryFixture {
  Job job{{"--fail", "rcpt:admin=550 5.1.1 no such user"}};
  std::string run;

  /// A run that failed for the admin's address, was resumed, and has ended.
  StoryFixture() {
    job.organisation.fail_sync();
    REQUIRE(job.work().code == 0);
    run = job.database.value("select run_id from pawl.v1_events");
    REQUIRE(job.event_status() == "failed");
    job.smtp.tell("clear");
    REQUIRE(job.pawl({"resume", run, "--note", "mailbox made"}).code == 0);
    REQUIRE(job.work().code == 0);
    REQUIRE(job.event_status() == "done");
  }
  json shown() const { return json::parse(job.pawl({"show", run, "-o", "json"}).out); }
  std::string listed(std::vector<std::string> filter) const {
    filter.insert(filter.begin(), {"runs", "-o", "ids"});
    return job.pawl(filter).out;
  }
};

json only(const json& rows, const std::string& field, const std::string& value) {
  json found = json::array();
  for (const json& row : rows)
    if (row[field] == value) found.push_back(row);
  REQUIRE(found.size() == 1);
  return found[0];
}

}  // namespace

TEST_CASE_METHOD(StoryFixture, "the timeline says who resumed the run, why, and which pawl began it") {
  const json story = shown();
  const json resume = only(story["timeline"], "what", "resume");
  CHECK(resume["status"] == "resumed");
  CHECK(resume["detail"] == "mailbox made");
  CHECK_THAT(resume["by"].get<std::string>(), Catch::Contains("@"));
  CHECK(resume["attempt"].is_null());
  CHECK(story["build"].is_string());
  CHECK(story["resumes"] == 1);
  CHECK(only(story["timeline"], "step", "resolve-recipients")["attempt"] == 1);
  CHECK(only(story["timeline"], "step", "resolve-recipients")["detail"]["user_ids"].size() == 2);
  CHECK(story["event"]["payload"]["org_id"] == job.organisation.id);
}

TEST_CASE_METHOD(StoryFixture, "deliveries say to whom they went, and at which address") {
  const json story = shown();
  json mails = json::array();
  for (const json& one : story["deliveries"])
    if (one["channel"] == "email" && one["user"] == job.organisation.owner) mails.push_back(one);
  REQUIRE(mails.size() == 1);
  CHECK(mails[0]["state"] == "accepted");
  const std::string address =
      job.database.value("select email from users where id = $1::uuid", {job.organisation.owner});
  CHECK(mails[0]["address"] == address);
  CHECK(mails[0]["email"] == address);
  const std::string text = job.pawl({"show", run}).out;
  CHECK_THAT(text, Catch::Contains("by ") && Catch::Contains(": mailbox made") && Catch::Contains(address));
}

TEST_CASE_METHOD(StoryFixture,
                 "was this user told of that connection's failure: found by user, address, time and place") {
  const std::string line = run + "\n";
  CHECK(listed({"--user", job.organisation.owner, "--connection", job.organisation.connection, "--since", "2d"}) ==
        line);
  CHECK(listed({"--email", job.database.value("select upper(email) from users where id = $1::uuid",
                                              {job.organisation.admin})}) == line);
  CHECK(listed({"--user", job.organisation.member}).empty());
  CHECK(listed({"--email", "nobody@example.com"}).empty());
  CHECK(listed({"--org", job.organisation.id}) == line);
  CHECK(listed({"--org", job.organisation.owner}).empty());
  CHECK(listed({"--until", "1h"}).empty());
  CHECK(listed({"--workflow", "notify-sync-failure"}) == line);
  CHECK(listed({"--user", job.database.value("select upper(email) from users where id = $1::uuid",
                                             {job.organisation.admin})}) == line);
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"--user", "olive"},
                                                {"--email", "olive"},
                                                {"--user", job.organisation.owner, "--email", "a@b.example"}})
    for (const bool grouped : {false, true}) {
      std::vector<std::string> command{"runs"};
      if (grouped) command.push_back("--group");
      command.insert(command.end(), wrong.begin(), wrong.end());
      CHECK(job.pawl(command).code == 2);
    }
}

TEST_CASE_METHOD(StoryFixture, "a run without Postgres is told by its checkpoints alone") {
  const Completed done =
      run_pawl({"show", run, "-o", "json"}, job.environment({{"PAWL_POSTGRES", "host=/nonexistent dbname=none"}}));
  CHECK(done.code == 0);
  const json story = json::parse(done.out);
  CHECK(story["deliveries_unknown"].is_string());
  CHECK_FALSE(story["timeline"].empty());
}
