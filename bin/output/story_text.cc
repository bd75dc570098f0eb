// Renders stories.
#include "bin/output/story_text.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "bin/output/json_value.h"
#include "bin/output/waiting_text.h"

namespace pawl::bin {

using nlohmann::ordered_json;

namespace {

constexpr int kDepthMax = 100;

Table head_of(const Story& story) {
  const engine::StoredRun& run = story.run;
  const auto with = [](std::string text, const char* between, const std::string& more) {
    return more.empty() ? text : text.append(between).append(more);
  };
  Table head{{"run", run.event.id},
             {{"workflow", with(run.event.workflow, ", begun by pawl ", story.build)},
              {"event", run.event.type + " " + event_id(run.event)},
              {"about", run.event.aggregate_type + " " + run.event.aggregate_id},
              {"payload", run.event.payload},
              {"status", with(story.status, ": ", story.reason)}},
             0};
  if (!story.history.parent.empty()) head.rows.push_back({"made from", story.history.parent});
  for (const std::string& child : story.history.children) head.rows.push_back({"became", child});
  if (story.waiting) std::ranges::move(waiting_rows(*story.waiting), std::back_inserter(head.rows));
  if (!story.owed.empty()) head.rows.push_back({"batch", story.owed});
  return head;
}

// What somebody asked for is told with his name.
std::string detail_of(const StoryLine& line) {
  if (line.by.empty()) return line.detail;
  std::string detail = "by " + line.by;
  return line.detail.empty() ? detail : detail.append(": ").append(line.detail);
}

// What somebody else wrote may be no JSON at all, or too deep to be printed as such.
ordered_json nested(const std::string& text) {
  bool too_deep = false;
  const auto bounded = [&too_deep](int depth, auto, auto&) { return !(too_deep = too_deep || depth > kDepthMax); };
  auto json = ordered_json::parse(text, bounded, false);
  return json.is_discarded() || too_deep ? ordered_json(text) : json;
}

void add_person(ordered_json& object, const storage::RunHistory& history, const std::string& user_id) {
  const auto known = history.people.find(user_id);
  if (known == history.people.end()) return;
  object["name"] = text_or_null(known->second.name);
  object["email"] = text_or_null(known->second.email);
}

ordered_json json_of(const Story& story, const StoryLine& line) {
  ordered_json object{
      {"at", line.at}, {"what", line.what}, {"step", text_or_null(line.step)}, {"key", text_or_null(line.key)}};
  add_person(object, story.history, line.key);
  object["attempt"] = line.attempt > 0 ? ordered_json(line.attempt) : ordered_json();
  object["status"] = line.status;
  const bool is_output = line.what == "step" && line.status == "succeeded";
  object["detail"] = is_output ? nested(line.detail) : text_or_null(line.detail);
  object["by"] = text_or_null(line.by);
  return object;
}

ordered_json document_of(const Story& story) {
  const engine::StoredRun& run = story.run;
  ordered_json shown{{"run", run.event.id},
                     {"workflow", run.event.workflow},
                     {"status", story.status},
                     {"reason", story.reason},
                     {"build", text_or_null(story.build)},
                     {"deliveries_of_event", run.event.deliveries},
                     {"resumes", run.resumes},
                     {"event",
                      {{"id", event_id(run.event)},
                       {"type", run.event.type},
                       {"aggregate_type", run.event.aggregate_type},
                       {"aggregate_id", run.event.aggregate_id},
                       {"payload", nested(run.event.payload)}}},
                     {"waiting", story.waiting ? waiting_document(*story.waiting) : ordered_json()},
                     {"batch", text_or_null(story.owed)},
                     {"timeline", ordered_json::array()}};
  for (const StoryLine& line : story.lines) shown["timeline"].push_back(json_of(story, line));
  if (!story.unavailable.empty()) {
    shown["deliveries_unknown"] = story.unavailable;
    return shown;
  }
  shown["parent"] = text_or_null(story.history.parent);
  shown["children"] = story.history.children;
  shown["deliveries"] = deliveries_document(story.history);
  return shown;
}

}  // namespace

Table timeline_table(const std::vector<StoryLine>& lines, const storage::RunHistory& history) {
  Table table{{"at", "", "what", "step", "who", "attempt", "status", "detail"}, {}, 0};
  std::string last;
  for (const StoryLine& line : lines) {
    const std::string person = person_of(history, line.key);
    table.rows.push_back(
        {line.at, last.empty() ? "" : later(last, line.at), line.what, line.step, person.empty() ? line.key : person,
         line.attempt > 0 ? Table::Cell(std::to_string(line.attempt)) : std::nullopt, line.status, detail_of(line)});
    last = line.at;
  }
  return table;
}

Table deliveries_table(const storage::RunHistory& history) {
  Table table{{"channel", "who", "address", "state", "at", "detail"}, {}, 1};
  for (const storage::Delivery& one : history.deliveries) {
    const auto known = history.people.find(one.user_id);
    const bool has_name = known != history.people.end() && !known->second.name.empty();
    table.rows.push_back({one.channel, has_name ? known->second.name + " " + one.user_id : one.user_id, one.address,
                          one.state, one.at, one.detail});
  }
  return table;
}

ordered_json deliveries_document(const storage::RunHistory& history) {
  auto deliveries = ordered_json::array();
  for (const storage::Delivery& one : history.deliveries) {
    ordered_json object{{"channel", one.channel}, {"user", one.user_id}};
    add_person(object, history, one.user_id);
    object["address"] = text_or_null(one.address);
    object["state"] = one.state;
    object["at"] = text_or_null(one.at);
    object["detail"] = text_or_null(one.detail);
    deliveries.push_back(std::move(object));
  }
  return deliveries;
}

void print_story(Console& console, const Story& story) {
  print_for_people(console, head_of(story));
  console.out << "\ntimeline\n";
  print_for_people(console, timeline_table(story.lines, story.history));
  console.out << "\ndeliveries\n";
  if (story.unavailable.empty())
    print_for_people(console, deliveries_table(story.history));
  else
    console.out << "not known: Postgres could not be asked: " << story.unavailable << '\n';
}

void print_story_documents(std::ostream& out, const std::vector<Story>& stories) {
  auto documents = ordered_json::array();
  for (const Story& story : stories) documents.push_back(document_of(story));
  print_json(out, stories.size() == 1 ? documents.front() : documents);
}

}  // namespace pawl::bin
