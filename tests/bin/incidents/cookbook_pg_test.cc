// The questions of docs/cookbook.md, asked in a world in which something has happened, and compared with what did.
#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <set>

#include "storage/postgres/connection.h"
#include "tests/bin/incidents/scene.h"

using namespace pawl::bin;
using pawl::tests::Table;

namespace {

struct Question {
  std::string heading;
  std::string language;  ///< `sql` asks Postgres, `sqlite` the checkpoints.
  std::string query;
};

std::vector<Question> questions_of(const std::string& page) {
  std::vector<Question> questions;
  for (std::size_t at = 0; (at = page.find("\n### ", at)) != std::string::npos;) {
    const std::size_t name = at + 5, end = std::min(page.find("\n##", name), page.size());
    const std::string section = page.substr(name, end - name);
    const std::size_t fence = section.find("```"), begin = section.find('\n', fence) + 1;
    REQUIRE(fence != std::string::npos);
    std::string heading = section.substr(0, section.find('\n'));
    heading = heading.substr(0, heading.find(" (*"));
    questions.push_back({heading, section.substr(fence + 3, begin - fence - 4),
                         section.substr(begin, section.find("```", begin) - begin)});
    at = end - 1;
  }
  return questions;
}

std::vector<Question> questions_of_the_cookbook() {
  std::ifstream file(PAWL_SOURCE_DIR "/docs/cookbook.md");
  return questions_of({std::istreambuf_iterator<char>(file), {}});
}

/// Each `*` stands for anything, also for nothing.
bool fits(const std::string& cell, const std::string& expected) {
  const std::size_t star = expected.find('*');
  if (star == std::string::npos) return cell == expected;
  if (!cell.starts_with(expected.substr(0, star))) return false;
  const std::string rest = expected.substr(star + 1);
  for (std::size_t at = star; at <= cell.size(); ++at)
    if (fits(cell.substr(at), rest)) return true;
  return false;
}

bool fits(const std::vector<std::string>& row, const std::vector<std::string>& expected) {
  return std::ranges::equal(row, expected, [](const auto& cell, const auto& text) { return fits(cell, text); });
}

using Answer = std::function<void(const Table&)>;

/// Exactly these rows, in any order.
Answer rows(Table expected) {
  return [expected = std::move(expected)](Table table) {
    CAPTURE(expected);
    for (const auto& row : expected) {
      CAPTURE(row);
      const auto found = std::ranges::find_if(table, [&](const auto& one) { return fits(one, row); });
      const bool is_there = found != table.end();
      CHECK(is_there);
      if (is_there) table.erase(found);
    }
    CHECK(table == Table{});
  };
}

/// What has happened: each event is of one organisation, and had one fate.
class World : public Scene {
 public:
  World() {
    told_at_second_attempt_and_twice = fail(organisation);
    hand(quick());
    smtp.tell("clear");
    smtp.tell("rcpt:owner@other*1=550 5.1.1 no such user");
    resumed = fail(other);
    hand(quick());
    REQUIRE(pawl({"resume", resumed, "--note", "mailbox made"}).code == 0);
    hand(quick());
    smtp.tell("rcpt:admin@other=550 5.1.1 no such user");
    rejected = fail(other);
    told = fail(organisation);
    malformed =
        database.value("select pawl.emit('pms/connection.sync.failed', 'pms_connection', 'x', '{\"org_id\": 7}')");
    hand(quick());
    leave_waiting();
    hold_a_batch();
    leave_a_step_paused();
    leave_a_call_out();
    nobodys = database.emit();
  }

  Table ask(const Question& question) {
    std::string query = question.query;
    for (const auto& [sample, id] : {std::pair<std::string, std::string>{"000000000001", organisation.connection},
                                     {"000000000002", organisation.admin},
                                     {"000000000003", resumed}}) {
      const std::string text = "00000000-0000-4000-8000-" + sample;
      for (std::size_t at = 0; (at = query.find(text, at)) != std::string::npos;) query.replace(at, text.size(), id);
    }
    return question.language == "sqlite" ? ask_checkpoints(query) : ask_postgres(query);
  }

  pawl::tests::Organisation other{database, "other"};
  pawl::tests::Organisation third{database, "third"};
  pawl::mail::SmtpServer frozen{{"--fail", "rcpt=stall"}};
  std::string told_at_second_attempt_and_twice, told, resumed, rejected, malformed, waiting, paused, in_flight, nobodys;

 private:
  Environment quick() const {
    return environment({{"PAWL_RETRY_NOTIFY_SYNC_FAILURE_SEND_EMAIL", "first=10ms,longest=10ms,for=1h"}});
  }
  std::string fail(const pawl::tests::Organisation& whose) {
    if (&whose == &organisation && told_at_second_attempt_and_twice.empty()) {
      smtp.tell("rcpt:owner@acme*1=451 4.7.1 later");
      smtp.tell("dot:admin@acme*1=drop");
    }
    whose.fail_sync();
    return database.value("select id from pawl.outbox order by position desc limit 1");
  }
  static void hand(const Environment& environment) {
    const Completed done = run_pawl({"worker", "--until-idle"}, environment);
    INFO(done.err);
    REQUIRE(done.code == 0);
  }
  void leave_waiting() {
    smtp.tell("rcpt:admin@acme=451 4.7.1 greylisted");
    waiting = fail(organisation);
    PawlProcess worker({"worker"},
                       environment({{"PAWL_RETRY_NOTIFY_SYNC_FAILURE_SEND_EMAIL", "first=1h,longest=1h,for=1d"}}));
    REQUIRE(eventually([&] {
      return pawl({"sql", "select run_id from v1_runs where status = 'waiting'", "-o", "ids"}).out == waiting + "\n";
    }));
    stop_worker(worker);
  }
  void hold_a_batch() {
    database.exec("select pawl.make_batch('resume', '{\"error_like\": \"550\"}', 'alice@ops', 'relay mended', 0.5)");
    REQUIRE(pawl({"batch", "pause", "1"}).code == 0);
  }
  void leave_a_step_paused() {
    paused = fail(third);
    away_ = std::make_unique<PawlProcess>(
        Command{"worker"}, environment({{"PAWL_MAIL", "smtp://127.0.0.1:9?tls=none"}, {"PAWL_LEASE", "10m"}}));
    REQUIRE(eventually([&] { return count("pawl.v1_circuits where held > 0") == "1"; }));
    const char* const shown = "select count(*) from v1_steps where step = 'create-in-app'";
    REQUIRE(eventually([&] { return pawl({"sql", shown, "-o", "ids"}).out == "6\n"; }));
  }
  // The first worker stands still until the second has the event.
  void leave_a_call_out() {
    away_->signal(SIGSTOP);
    in_flight = fail(third);
    calling_ = std::make_unique<PawlProcess>(Command{"worker"},
                                             host("second", {{"PAWL_MAIL", frozen.url()}, {"PAWL_LEASE", "10m"}}));
    REQUIRE(eventually([&] { return frozen.count("RCPT") > 0; }));
    away_->signal(SIGCONT);
    REQUIRE(eventually([&] { return count("pawl.v1_calls") == "1"; }));
  }

  Table ask_postgres(const std::string& query) const {
    pawl::storage::PostgresConnection on_call(pawl::tests::own_session(database.conninfo));
    on_call.run("become an operator", "set role pawl_operator", {});
    const pawl::storage::Rows answer = on_call.run("ask", query, {});
    Table table(answer.size());
    for (std::size_t row = 0; row < answer.size(); ++row)
      for (int column = 0; column < answer.columns(); ++column) table[row].push_back(answer.string(row, column));
    return table;
  }
  Table ask_checkpoints(const std::string& query) const {
    const Completed asked = pawl({"sql", query, "-o", "json"});
    INFO(asked.err);
    REQUIRE(asked.code == 0);
    Table table;
    for (const auto& row : nlohmann::ordered_json::parse(asked.out)) {
      table.emplace_back();
      for (const auto& cell : row)
        table.back().push_back(cell.is_null() ? "" : cell.is_string() ? cell.get<std::string>() : cell.dump());
    }
    return table;
  }

  std::unique_ptr<PawlProcess> away_, calling_;
};

constexpr const char* kNotify = "notify-sync-failure";
constexpr const char* kType = "pms/connection.sync.failed";

std::map<std::string, Answer> answers_about_failures(const World& world) {
  return {{"What failed in the last hour, and why",
           rows({{kNotify, "send-email", "permanent", "5.1.1", "send-email*550 5.1.1 no such user*", "1", "2*", "2*"},
                 {kNotify, "", "payload", "", "payload.*", "1", "2*", "2*"}})},
          {"Which connections fail most", rows({{world.organisation.connection, "3", "2*"},
                                                {world.other.connection, "2", "2*"},
                                                {world.third.connection, "2", "2*"},
                                                {"x", "1", "2*"}})},
          {"Mails rejected, by organisation", rows({{world.other.id, "1"}})},
          {"Mails rejected, by the domain of the address used at the time",
           rows({{"other.example", "1", "550 5.1.1 no such user*"}})},
          {"Was this user mailed about that connection, and what did the server say",
           rows({{world.waiting, "admin@acme.example", "deferred", "451 4.7.1 greylisted*", "2*", "*"},
                 {world.told, "admin@acme.example", "accepted", "250*", "2*", "<*"},
                 {world.told_at_second_attempt_and_twice, "admin@acme.example", "accepted", "250*", "2*", "<*"}})},
          {"Which mails may have been sent twice",
           rows({{world.told_at_second_attempt_and_twice, "admin@acme.example", "accepted", "1", "<*"}})},
          {"Mails a minute", [](const Table& table) {
             int mails = 0;
             for (const auto& row : table) mails += std::stoi(row.at(1));
             CHECK(mails == 8);
           }}};
}

std::map<std::string, Answer> answers_about_the_unfinished(const World& world) {
  return {
      {"What waits, for what, until when",
       rows({{kNotify, "leased", "send-email", "3", "2*", "*", "the worker on host * has it*"},  // null while it probes
             {"handle-test-event", "not-run", "", "1", "2*", "", "no living worker runs the workflow*"}})},
      {"What waits between two attempts",
       [&](const Table& table) {
         CAPTURE(table);
         REQUIRE(table.size() == 2);
         const auto& row = table.at(table.at(0).at(0) == world.waiting ? 0 : 1);
         CHECK(fits(row, {world.waiting, "backoff", "send-email", world.organisation.admin, "1", "*", "20*", "20*"}));
         CHECK(row.at(5).find("451 4.7.1 greylisted") != std::string::npos);
         CHECK(row.at(6) < row.at(7));  // since when, and the next attempt
       }},
      {"What executes now", rows({{"*", "send-email", "*", "2*", "00:00:*"}})},
      {"How long a step has been paused, and until when", rows({{"*", "send-email", "*", "00:00:*", "*", "*"}})},
      {"How long a step was paused",
       [](const Table& table) {
         REQUIRE(table.size() == 1);
         CHECK(fits(table[0], {"send-email", "*", "00:00:*", "00:00:*"}));
         CHECK(std::stoi(table[0].at(1)) >= 1);
       }},
      {"How far behind we are",
       rows({{kType, kNotify, "0", "3", "*", ""}, {"test/event", "handle-test-event", "1", "0", "*", "*"}})},
      {"What a batch still owes", rows({{"1", "resume", "paused", "1", "1", "0.5", ""}})}};
}

std::map<std::string, Answer> answers_about_the_past(World& world) {
  const std::string host = world.database.value("select host from pawl.v1_stores limit 1");
  const std::string version = world.database.value("select version from pawl.v1_stores limit 1");
  const std::string store =
      world.database.value("select store from pawl.v1_stores where path = $1", {world.checkpoints()});
  Table builds;
  for (const std::string& run : {world.told_at_second_attempt_and_twice, world.told, world.resumed, world.rejected,
                                 world.malformed, world.waiting, world.paused})
    builds.push_back({run, kNotify, version, "20*"});
  Table ended;
  for (const std::string& run : {world.told_at_second_attempt_and_twice, world.told, world.resumed})
    ended.push_back({run, kNotify, "done", "00:00:*", ""});
  for (const std::string& run : {world.rejected, world.malformed})
    ended.push_back({run, kNotify, "failed", "00:00:*", "*"});
  return {
      {"Who resumed what, when and why",
       rows({{"2*", "*", "*", "resume", world.resumed, "mailbox made", "resumed", ""}})},
      {"How often an event was delivered", rows({{world.resumed, kNotify, "1", "1"}})},
      {"Which build ran a run", rows(builds)},
      {"Which host has a run, or had it", rows({{world.resumed, host, world.checkpoints(), "living", version, "2*"}})},
      {"From the event to the end of its run, median and p95",
       [](const Table& table) {
         REQUIRE(table.size() == 1);
         CHECK(fits(table[0], {kNotify, "2", "*", "*"}));  // and one that was resumed
         CHECK(std::stod(table[0].at(2)) > 0);
         CHECK(std::stod(table[0].at(2)) <= std::stod(table[0].at(3)));
       }},
      {"The slowest runs", rows(ended)},
      {"Throughput by worker", rows({{host, store, "5", "0.001388*"}})},
      {"The slowest step by p95",
       rows({{"resolve-recipients", "6", "*"}, {"create-in-app", "6", "*"}, {"send-email", "9", "*"}})},
      {"Attempts a step", rows({{"resolve-recipients", "6", "1.0", "1"},
                                {"create-in-app", "6", "1.0", "1"},
                                {"send-email", "9", "1.22", "2"}})}};
}

}  // namespace

TEST_CASE("incident 12: each question of the cookbook is answered by what has happened") {
  const std::vector<Question> questions = questions_of_the_cookbook();
  World world;
  std::map<std::string, Answer> answers = answers_about_failures(world);
  answers.merge(answers_about_the_unfinished(world));
  answers.merge(answers_about_the_past(world));
  CHECK(questions.size() >= 20);
  for (const Question& question : questions) {
    INFO(question.heading << '\n' << question.query);
    const auto expected = answers.find(question.heading);
    REQUIRE(expected != answers.end());
    const Table table = world.ask(question);
    CAPTURE(table);
    CHECK_FALSE(table.empty());
    expected->second(table);
    answers.erase(expected);
  }
  for (const auto& [heading, answer] : answers) FAIL_CHECK("the cookbook no longer asks: " << heading);
}

TEST_CASE("incident 12: the p95 of a step is the shortest time in which 95 of 100 of its executions had settled") {
  Scene scene;
  scene.organisation.fail_sync();
  REQUIRE(scene.work().code == 0);
  const std::vector<Question> questions = questions_of_the_cookbook();
  const auto slowest = std::ranges::find(questions, "The slowest step by p95", &Question::heading);
  REQUIRE(slowest != questions.end());
  for (const auto& [settled, p95] : {std::pair{1, 1}, {10, 10}, {19, 19}, {20, 19}, {21, 20}, {40, 38}, {100, 95}}) {
    const std::string steps =
        "with recursive v1_steps (step, duration_ms) as (values ('send-email', 1) union all select step, duration_ms + "
        "1"
        " from v1_steps where duration_ms < " +
        std::to_string(settled) + ") ";
    const Json answer = Json::parse(scene.pawl({"sql", steps + slowest->query, "-o", "json"}).out);
    CHECK(answer == Json{{{"step", "send-email"}, {"settled", settled}, {"p95_ms", p95}}});
  }
}
