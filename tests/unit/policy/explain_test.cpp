#include <gtest/gtest.h>

#include "written.h"

namespace weir::policy {
namespace {

constexpr std::string_view school = R"(
  [[list]]
  name = "ads"
  names = [".ads.example"]
  [[list]]
  name = "games"
  names = ["game.example"]
  [[group]]
  name = "pupils"
  clients = ["10.20.0.0/16"]
  [[rule]]
  name = "servers"
  client = ["10.0.0.1"]
  action = "pass"
  [[rule]]
  name = "no outside mail"
  client = ["@pupils", "!10.20.0.1"]
  dest = ["198.51.100.0/24"]
  action = "block"
  [[rule]]
  name = "fun"
  client = ["@pupils"]
  host = ["@ads", "@games", ".chat.example"]
  action = "block"
)";

std::vector<std::string> steps(const Explanation& e) {
  constexpr const char* answers[] = {"no", "yes", "unknown"};
  std::vector<std::string> lines;
  for (const Step& step : e.steps) {
    lines.push_back(std::to_string(step.rule) + ' ' + answers[static_cast<int>(step.answer)] + ": " + step.because);
  }
  return lines;
}
using Lines = std::vector<std::string>;

TEST(Explain, NamesTheListThatBlocked) {
  const auto policy = written(school);
  const Explanation e = policy->explain(facts("10.20.1.1", "game.example"), true);
  EXPECT_EQ(steps(e),
            (Lines{"0 no: client 10.20.1.1 is not in 10.0.0.1", "1 no: destination 192.0.2.1 is not in 198.51.100.0/24",
                   "2 yes: client 10.20.1.1 is in @pupils, host game.example is in @games"}));
  EXPECT_EQ(said(*policy, e.at_syn), "undecided");
  EXPECT_EQ(said(*policy, e.at_hello), "block by fun");
  EXPECT_EQ(e.depth, Depth::splice);
  EXPECT_EQ(e.depth_because, "port 443 is TLS: refused with an alert");
}

TEST(Explain, SaysWhatDidNotMatch) {
  const auto policy = written(school);
  const Explanation e = policy->explain(facts("10.20.0.1", "www.example", 443, "198.51.100.9"), true);
  EXPECT_EQ(steps(e).at(1), "1 no: client 10.20.0.1 is excepted by !10.20.0.1");
  EXPECT_EQ(steps(e).at(2), "2 no: host www.example is not in @ads, @games or 1 other");
  EXPECT_EQ(e.depth, Depth::inspect);
  EXPECT_EQ(e.depth_because, "port 443 is TLS: the hello is read on the wire, then it passes");
}

TEST(Explain, ShowsTheSynStageWhereItDecided) {
  const auto policy = written(school);
  const Explanation passed = policy->explain(facts("10.0.0.1"), true);
  EXPECT_EQ(steps(passed), Lines{"0 yes: client is 10.0.0.1"});
  EXPECT_EQ(passed.depth, Depth::pass);
  EXPECT_EQ(passed.depth_because, "decided by client, destination and port alone: stays on the wire");

  const Explanation refused = policy->explain(facts("10.20.1.1", "", 80, "198.51.100.9"), true);
  EXPECT_EQ(refused.steps.size(), 2u);
  EXPECT_EQ(refused.depth, Depth::serve);
  EXPECT_EQ(refused.depth_because, "port 80 is HTTP: refused with a page");
}

TEST(Explain, SaysThatAConnectionNamedNobody) {
  const auto policy = written(school);
  const Explanation e = policy->explain(facts("10.20.1.1"), true);
  EXPECT_EQ(steps(e).at(2), "2 no: the connection names no host");
  EXPECT_TRUE(e.at_hello.unseen);
}

TEST(Explain, ChoosesTheDepthByPort) {
  const auto policy = written(school);
  EXPECT_EQ(policy->explain(facts("10.0.0.1", "", 80), true).depth, Depth::pass);
  EXPECT_EQ(policy->explain(facts("10.1.0.1", "www.example", 80), true).depth_because, "port 80 is HTTP: served");
  EXPECT_EQ(policy->explain(facts("10.1.0.1", "", 443), true).depth, Depth::pass);
  EXPECT_EQ(policy->explain(facts("10.20.1.1", "www.example", 443), false).depth, Depth::splice);

  const Explanation other = policy->explain(facts("10.20.1.1", "", 22), true);
  EXPECT_EQ(other.depth, Depth::pass);
  EXPECT_EQ(other.depth_because, "port 22 is in neither gateway.http nor gateway.tls: not judged");
  EXPECT_TRUE(other.steps.empty());
}

TEST(Explain, FloorLeavesNothingOnTheWireButWhatIsExempt) {
  const auto policy = written(school, "floor = \"splice\"\nexempt = [\"10.0.9.0/24\"]");
  EXPECT_EQ(policy->explain(facts("10.0.0.1"), true).depth, Depth::splice);
  EXPECT_EQ(policy->explain(facts("10.0.0.1", "", 80), true).depth, Depth::splice);
  const Explanation exempt = policy->explain(facts("10.0.9.1"), true);
  EXPECT_EQ(exempt.depth, Depth::pass);
  EXPECT_EQ(exempt.depth_because, "client 10.0.9.1 is in gateway.exempt: never touched");
}

TEST(Explain, KnowsADeviceByItsHardwareAddressAndItsName) {
  const auto policy = written(R"(
    [[group]]
    name = "kids"
    clients = ["02:00:5e:10:00:01", "tablet"]
    [[rule]]
    client = ["@kids"]
    action = "block"
  )");
  const auto because = [](const Snapshot& snapshot, Facts of) { return steps(snapshot.explain(of, true)).at(0); };
  Facts of = facts("10.0.0.7");
  EXPECT_EQ(because(*policy, of), "0 no: client 10.0.0.7 is not in @kids");
  of.mac = Mac::parse("02:00:5e:10:00:01");
  EXPECT_EQ(because(*policy, of), "0 yes: client 10.0.0.7 is in @kids");
  EXPECT_EQ(policy->groups_of(of.client, of.mac), Lines{"kids"});
  of.mac.reset();
  const clients::Devices devices = {{"tablet", {.addresses = {of.client}, .macs = {}}}};
  EXPECT_EQ(because(*policy->with(std::make_shared<clients::Devices>(devices), {}, 2), of),
            "0 yes: client 10.0.0.7 is in @kids");
}

}  // namespace
}  // namespace weir::policy
