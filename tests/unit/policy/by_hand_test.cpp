// Changes by hand above the rules of the file, locks that they do not reach, and rules that lead elsewhere.
#include <gtest/gtest.h>

#include "config/by_hand.h"
#include "plan_lookup.h"
#include "written.h"

namespace weir::policy {
namespace {

constexpr std::string_view school = R"(
  [[group]]
  name = "pupils"
  clients = ["10.20.0.0/16"]
  [[rule]]
  name = "library"
  host = [".library.example"]
  action = "allow"
  [[rule]]
  name = "law"
  client = ["@pupils"]
  host = [".adult.example", ".library.example"]
  action = "block"
  locked = true
  [[rule]]
  name = "lessons"
  client = ["@pupils"]
  action = "block"
)";

std::shared_ptr<const Snapshot> with(std::string_view text, std::vector<config::Change> changes) {
  const auto file = written(text);
  return Snapshot::build(config::with_changes(file->config(), changes), {}, 1);
}
config::Change change(unsigned number, Action action, std::vector<std::string> host,
                      std::vector<std::string> client = {}) {
  return {.number = number, .action = action, .host = std::move(host), .client = std::move(client)};
}

TEST(ByHand, StandsAboveTheFile) {
  const auto policy = with(school, {change(1, Action::allow, {".museum.example"}, {"@pupils"})});
  EXPECT_EQ(at_hello(*policy, facts("10.20.1.1", "www.museum.example")), "allow by change 1");
  EXPECT_EQ(at_hello(*policy, facts("10.20.1.1", "other.example")), "block by lessons");
  EXPECT_EQ(at_syn(*policy, facts("10.20.1.1")), "undecided") << "the name decides now";
}

TEST(ByHand, TheNewestDecides) {
  const auto policy =
      with(school, {change(1, Action::allow, {"a.example"}), change(2, Action::block, {"a.example"}, {"10.20.1.1"})});
  EXPECT_EQ(at_hello(*policy, facts("10.20.1.1", "a.example")), "block by change 2");
  EXPECT_EQ(at_hello(*policy, facts("10.20.1.2", "a.example")), "allow by change 1");
}

TEST(ByHand, WhatIsNeverOpenedIsJudgedByTheFile) {
  config::Change never = change(1, Action::block, {".museum.example", ".adult.example"});
  never.never = true;
  const auto policy = with(school, {never});
  EXPECT_EQ(at_hello(*policy, facts("10.20.1.1", "x.adult.example")), "block by law");
  EXPECT_EQ(at_hello(*policy, facts("10.0.0.1", "www.museum.example")), "allow");
}

TEST(ByHand, DoesNotOpenWhatALockedRuleRefuses) {
  const auto policy = with(school, {change(1, Action::pass, {})});
  EXPECT_EQ(at_hello(*policy, facts("10.20.1.1", "x.adult.example")), "block by law");
  EXPECT_EQ(at_hello(*policy, facts("10.20.1.1", "www.example")), "pass by change 1");
  EXPECT_EQ(at_syn(*policy, facts("10.20.1.1")), "undecided") << "the lock asks for the name";
  EXPECT_EQ(at_syn(*policy, facts("10.0.0.1")), "pass by change 1") << "no lock reaches this client";
}

// Where the file itself lets through, its lock has nothing to say: the change decides.
TEST(ByHand, ALockBehindARuleThatAllowsHoldsNothing) {
  const auto policy = with(school, {change(1, Action::pass, {})});
  EXPECT_EQ(at_hello(*policy, facts("10.20.1.1", "www.library.example")), "pass by change 1");
}

// What is opened takes the place of an unlocked rule; the locked one behind it holds as if that were not there.
TEST(ByHand, ALockBehindARuleThatGivesWayHolds) {
  constexpr std::string_view lessons_first = R"(
    [[rule]]
    name = "lessons"
    host = ["www.adult.example", ".games.example"]
    action = "block"
    [[rule]]
    name = "law"
    host = [".adult.example"]
    action = "block"
    locked = true
  )";
  for (const auto& opening : {change(1, Action::pass, {}), change(1, Action::allow, {".example"})}) {
    const auto policy = with(lessons_first, {opening});
    EXPECT_EQ(at_hello(*policy, facts("10.20.1.1", "www.adult.example")), "block by law");
    EXPECT_TRUE(at_hello(*policy, facts("10.20.1.1", "x.games.example")).ends_with("by change 1"));
  }
  EXPECT_EQ(at_hello(*with(lessons_first, {}), facts("10.20.1.1", "www.adult.example")), "block by lessons");
  const auto all = with("[[rule]]\nname = \"night\"\naction = \"block\"\n" + std::string(lessons_first),
                        {change(1, Action::pass, {})});
  EXPECT_EQ(at_hello(*all, facts("10.20.1.1", "x.adult.example")), "block by law") << "also behind one without a name";
}

TEST(ByHand, ALockOpensNothingThatIsBlockedByHand) {
  const auto policy = with(school, {change(1, Action::block, {".adult.example"})});
  EXPECT_EQ(at_hello(*policy, facts("10.20.1.1", "x.adult.example")), "block by change 1");
}

TEST(ByHand, IsLeftOutWhereItHasNoMeaning) {
  const auto file = written(school);
  config::Diagnostics diagnostics;
  EXPECT_FALSE(config::rule_of(change(1, Action::block, {"a.example"}, {"@pupil"}), file->config(), diagnostics));
  const auto found = std::move(diagnostics).take({});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].message, "there is no group \"@pupil\"");
  EXPECT_EQ(found[0].suggestion, "did you mean \"@pupils\"?");
  EXPECT_EQ(with(school, {change(1, Action::block, {"a.example"}, {"@pupil"})})->config().rules.size(), 3u);
}

constexpr std::string_view search = R"(
  [[rule]]
  name = "safe search"
  host = ["www.search.example"]
  action = "allow"
  dial = "safe.search.example"
)";

// Everything is allowed: without the name read, the flow would stay on the wire to where the client dialled.
TEST(Dial, HasTheHelloReadAndEscalatesItsNames) {
  const auto policy = written(search);
  EXPECT_EQ(at_syn(*policy, facts("10.0.0.1")), "undecided");
  const auto verdict = policy->evaluate(Stage::hello, facts("10.0.0.1", "www.search.example"));
  EXPECT_EQ(policy->dial(verdict), "safe.search.example");
  const NameHasher hash = NameHasher::random();
  const KernelPlan plan = policy->plan(hash);
  const PlanLookup kernel(plan, hash);
  const auto row = kernel.at_syn(*Address::parse("10.0.0.1"), *Address::parse("192.0.2.1"), 443, 6);
  EXPECT_EQ(kernel.at_hello(row, "www.search.example"), WEIR_CELL_escalate);
  EXPECT_EQ(kernel.at_hello(row, "other.example"), WEIR_CELL_pass);
}

TEST(Dial, IsExplained) {
  const auto e = written(search)->explain(facts("10.0.0.1", "www.search.example"), true);
  EXPECT_EQ(e.depth, Depth::splice);
  EXPECT_EQ(e.depth_because, "port 443 is TLS: dials safe.search.example instead");
}

TEST(Dial, LeadsNowhereUnderObserve) {
  const auto policy = written(search, "observe = true");
  EXPECT_EQ(policy->dial(policy->evaluate(Stage::hello, facts("10.0.0.1", "www.search.example"))), "");
}

}  // namespace
}  // namespace weir::policy
