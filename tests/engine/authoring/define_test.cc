// Workflows declared by the type of their input, run by the engine.
#include "engine/authoring/define.h"

#include <catch2/catch.hpp>
#include <vector>

#include "engine/authoring/item_step.h"
#include "engine/testing/world.h"

using namespace pawl::engine;
using pawl::testing::World;

namespace {

struct Parcel {
  std::string to;
  int grams = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Parcel, to, grams)

/// Its payload says where in it the parcel is.
struct PointedAt {
  Parcel parcel;
};
void from_json(const nlohmann::json& json, PointedAt& pointed) {
  json.at(nlohmann::json::json_pointer(json.at("where").get<std::string>())).get_to(pointed.parcel);
}

class Ship final : public ItemStep<Parcel, std::string> {
 public:
  Ship() : ItemStep("ship-parcel", {}) {}
  std::string execute_item(const Item<Parcel, std::string>& item) override {
    return "to " + item.input().to + ", " + std::to_string(item.input().grams) + " g";
  }
};

Workflow ship(Run run, Parcel parcel, const Ship& step) { co_await run.step(step, parcel); }

struct DefineFixture {
  Ship step;
  int decoded = 0;

  TypedWorkflow<Parcel> typed() {
    return {.name = "ship-parcel",
            .event_type = "test/parcel.packed",
            .body = [this](Run run, Parcel parcel) { return ship(run, std::move(parcel), step); },
            .steps = {&step}};
  }
  // A payload of one word, of which `secret` is refused: a stand-in for either is kept.
  Decoded<Parcel> decode_word(const std::string& payload) {
    ++decoded;
    const auto word = nlohmann::json::parse(payload).get<std::string>();
    if (word == "explode") throw std::runtime_error("out of words");
    Decoded<Parcel> parcel = Parcel{word, 1};
    if (word == "secret" || word == "[secret]") {
      parcel = PermanentError("payload: is secret");
      parcel.kept = parcel.archived = R"("[secret]")";
    }
    return parcel;
  }
};

}  // namespace

TEST_CASE_METHOD(DefineFixture, "a payload becomes the workflow's input by the conversions of its type") {
  World world({define<Parcel>(typed())});
  const std::string id = world.emit("test/parcel.packed", {{"to", "Ada"}, {"grams", 40}, {"more", true}});
  REQUIRE(world.finish());
  CHECK(world.run(id).status == RunStatus::kDone);
  CHECK(world.run(id).step("ship-parcel")->result == R"("to Ada, 40 g")");
}

TEST_CASE("what is no JSON, or not of the type, is refused in words that quote nothing of it") {
  const auto refusal = [](const std::string& payload) {
    return std::string(std::get<PermanentError>(decode_json<Parcel>(payload).input).what());
  };
  CHECK(refusal(R"({"to": "Ada"})") == "payload: key 'grams' not found");
  CHECK(refusal(R"({"to": "tok_1", "grams": "tok_2"})") == "payload: type must be number, but is string");
  CHECK(refusal(R"({"to": tok_1})") == "payload: not JSON, from byte 9 on");
  CHECK(refusal("[]") == "payload: cannot use at() with array");
  CHECK(refusal(R"({"to": "Ada", "grams": 1e400})") == "payload: a number is out of range");
  const auto pointed = decode_json<PointedAt>(R"({"where": "tok_1"})");
  CHECK(std::string(std::get<PermanentError>(pointed.input).what()) ==
        "payload: it cannot be converted: json.exception.parse_error.107");
}

TEST_CASE_METHOD(DefineFixture, "a payload that is refused fails its own run, before any step, and no other") {
  World world({define<Parcel>(typed())});
  const std::string refused = world.emit("test/parcel.packed", {{"to", "Ada"}});
  const std::string fine = world.emit("test/parcel.packed", {{"to", "Bob"}, {"grams", 1}});
  REQUIRE(world.finish());
  CHECK(world.run(refused).status == RunStatus::kFailed);
  CHECK(world.run(refused).reason == "payload: key 'grams' not found");
  CHECK(world.run(refused).steps.empty());
  CHECK(world.run(fine).status == RunStatus::kDone);
}

TEST_CASE_METHOD(DefineFixture,
                 "what one decoding says is what is kept, archived and run, and it is asked once a run") {
  auto of_words = typed();
  of_words.decode = [this](const std::string& payload) { return decode_word(payload); };
  const WorkflowDefinition workflow = define<Parcel>(of_words);
  World world({workflow});
  const std::string fine = world.emit("test/parcel.packed", "Ada");
  REQUIRE(world.finish());
  CHECK(world.run(fine).status == RunStatus::kDone);
  CHECK(decoded == 1);
  CHECK(workflow.payload_to_keep(R"("Ada")") == R"("Ada")");
  CHECK(workflow.payload_to_archive(R"("Ada")") == std::nullopt);

  const std::string refused = world.emit("test/parcel.packed", "secret");
  REQUIRE(world.finish());
  CHECK(world.run(refused).reason == "payload: is secret");
  CHECK(workflow.payload_to_keep(R"("secret")") == R"("[secret]")");
  CHECK(workflow.payload_to_archive(R"("secret")") == R"("[secret]")");
}

TEST_CASE_METHOD(DefineFixture, "a decoder that throws fails the run as well, of which nothing is stored") {
  auto of_words = typed();
  of_words.decode = [this](const std::string& payload) { return decode_word(payload); };
  World world({define<Parcel>(of_words)});
  const std::string id = world.emit("test/parcel.packed", "explode");
  const std::string fine = world.emit("test/parcel.packed", "Ada");
  REQUIRE(world.finish());
  CHECK(world.run(id).status == RunStatus::kFailed);
  CHECK_THAT(world.run(id).reason, Catch::Contains("out of words"));
  CHECK(world.run(fine).status == RunStatus::kDone);
}

TEST_CASE_METHOD(DefineFixture, "a body that asks for the event is given it beside the input") {
  auto of_event = typed();
  of_event.body = [this](Run run, Parcel parcel, const Event& event) {
    parcel.to += " of " + event.type;
    return ship(run, std::move(parcel), step);
  };
  World world({define<Parcel>(of_event)});
  const std::string id = world.emit("test/parcel.packed", {{"to", "Ada"}, {"grams", 40}});
  REQUIRE(world.finish());
  CHECK(world.run(id).step("ship-parcel")->result == R"("to Ada of test/parcel.packed, 40 g")");
}

TEST_CASE_METHOD(DefineFixture, "whoever asks is told everything for which a payload would be refused") {
  auto of_words = typed();
  of_words.decode = [](const std::string& payload) -> Decoded<Parcel> {
    if (payload == "[]") return PayloadRefused({"payload.to: expected a string", "payload.grams: expected a number"});
    return decode_json<Parcel>(payload);
  };
  const WorkflowDefinition workflow = define<Parcel>(of_words);
  CHECK(workflow.payload_problems(R"({"to": "Ada", "grams": 40})").empty());
  CHECK(workflow.payload_problems("[]") ==
        std::vector<std::string>{"payload.to: expected a string", "payload.grams: expected a number"});
  CHECK(workflow.payload_problems("{}").size() == 1);
  World world({workflow});
  const std::string id = world.emit("test/parcel.packed", nlohmann::json::array());
  REQUIRE(world.finish());
  CHECK(world.run(id).reason == "payload.to: expected a string; payload.grams: expected a number");
}

TEST_CASE_METHOD(DefineFixture, "a workflow may try a step again in another way than its options say") {
  auto of_policy = typed();
  of_policy.retries = {{&step, {.max_attempts = 1}}};
  CHECK(define<Parcel>(of_policy).retries.at(&step).max_attempts == 1);
}
