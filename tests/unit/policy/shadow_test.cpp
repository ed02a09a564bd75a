// Rules that only count, and a gateway that only observes: what is done, and what would have been.
#include <gtest/gtest.h>

#include "plan_lookup.h"
#include "written.h"

namespace weir::policy {
namespace {

/// "allow", "block by ads, would block by trial"
std::string told(const Snapshot& policy, const Verdict& verdict) {
  std::string text = said(policy, verdict);
  if (const auto would = policy.would(verdict)) {
    text += ", would " + std::string(word(*would)) + " by " + policy.rule_name(verdict.shadow);
  }
  return text;
}
std::string syn(const Snapshot& policy, const Facts& facts) { return told(policy, policy.evaluate(Stage::syn, facts)); }
std::string hello(const Snapshot& policy, const Facts& facts) {
  return told(policy, policy.evaluate(Stage::hello, facts));
}

constexpr std::string_view trial = R"(
  [[rule]]
  name = "trial"
  host = [".ads.example"]
  shadow = true
  action = "block"
  [[rule]]
  name = "malware"
  host = [".evil.example", "x.ads.example"]
  action = "reset"
)";

TEST(Shadow, DecidesNothingAndIsCountedWhereItWouldHave) {
  const auto policy = written(trial);
  EXPECT_EQ(hello(*policy, facts("10.0.0.1", "y.ads.example")), "allow, would block by trial");
  EXPECT_EQ(hello(*policy, facts("10.0.0.1", "x.ads.example")), "reset by malware, would block by trial");
  EXPECT_EQ(hello(*policy, facts("10.0.0.1", "www.example")), "allow");
}

TEST(Shadow, BehindTheDecidingRuleIsNotCounted) {
  const auto policy = written(
      "[[rule]]\nname = \"all\"\naction = \"pass\"\n[[rule]]\nname = \"late\"\nshadow = true\naction = \"block\"");
  EXPECT_EQ(syn(*policy, facts("10.0.0.1")), "pass by all");
}

// Without a shadow nothing here depends on the name, and the flow would pass unread.
TEST(Shadow, ThatAsksForANameHasTheHelloRead) {
  const auto policy =
      written("[[rule]]\nname = \"trial\"\nhost = [\".ads.example\"]\nshadow = true\naction = \"block\"");
  EXPECT_EQ(syn(*policy, facts("10.0.0.1")), "undecided");
  const NameHasher hash = NameHasher::random();
  const KernelPlan plan = policy->plan(hash);
  const PlanLookup kernel(plan, hash);
  const auto row = kernel.at_syn(*Address::parse("10.0.0.1"), *Address::parse("192.0.2.1"), 443, 6);
  EXPECT_EQ(row.values.at_syn, WEIR_CELL_escalate);
  EXPECT_EQ(row.values.unnamed, WEIR_CELL_pass);
  EXPECT_EQ(kernel.at_hello(row, "x.ads.example"), WEIR_CELL_pass) << "on the wire, and announced with its name";
}

TEST(Shadow, WithoutANameIsKnownAtTheSyn) {
  const auto policy = written("[[rule]]\nname = \"trial\"\nclient = [\"10.0.0.1\"]\nshadow = true\naction = \"reset\"");
  EXPECT_EQ(syn(*policy, facts("10.0.0.1")), "allow, would reset by trial");
  EXPECT_EQ(syn(*policy, facts("10.0.0.2")), "allow");
}

constexpr std::string_view strict = R"(
  [[rule]]
  name = "own"
  client = ["10.0.0.9"]
  action = "pass"
  [[rule]]
  name = "ads"
  host = [".ads.example"]
  action = "block"
  [[rule]]
  name = "court"
  dest = ["198.51.100.1"]
  action = "redirect"
  location = "http://notice.example/"
)";

TEST(Observe, LetsEverythingThroughAndSaysWhatItWouldHaveDone) {
  const auto policy = written(strict, "observe = true");
  EXPECT_EQ(hello(*policy, facts("10.0.0.1", "x.ads.example")), "allow, would block by ads");
  EXPECT_EQ(hello(*policy, facts("10.0.0.1", "www.example", 443, "198.51.100.1")), "allow, would redirect by court");
  EXPECT_EQ(hello(*policy, facts("10.0.0.1", "www.example")), "allow");
  EXPECT_EQ(syn(*policy, facts("10.0.0.9")), "pass by own") << "what refuses nothing is done";
}

// Nothing is refused whatever the name, but it decides which rule is counted.
TEST(Observe, ReadsTheHelloWhereTheNameDecidesWhatIsCounted) {
  const auto policy = written(strict, "observe = true");
  EXPECT_EQ(syn(*policy, facts("10.0.0.1")), "undecided");
  EXPECT_EQ(syn(*policy, facts("10.0.0.1", "", 443, "198.51.100.1")), "undecided");
  const NameHasher hash = NameHasher::random();
  const KernelPlan plan = policy->plan(hash);
  for (const std::uint8_t cell : plan.cells) EXPECT_NE(cell, WEIR_CELL_block);
  for (const weir_row& row : plan.rows) EXPECT_NE(row.at_syn, WEIR_CELL_block);
}

TEST(Observe, SaysWhatTheRulesWouldDoThatDoNotOnlyCount) {
  const auto policy = written(trial, "observe = true");
  EXPECT_EQ(hello(*policy, facts("10.0.0.1", "x.ads.example")), "allow, would reset by malware");
  EXPECT_EQ(hello(*policy, facts("10.0.0.1", "y.ads.example")), "allow, would block by trial");
}

TEST(Observe, IsExplained) {
  const auto policy = written(strict, "observe = true");
  const Explanation e = policy->explain(facts("10.0.0.1", "x.ads.example"), true);
  EXPECT_EQ(told(*policy, e.at_hello), "allow, would block by ads");
  EXPECT_EQ(e.steps.size(), 2u) << "up to the rule that would have decided";
  EXPECT_EQ(e.depth, Depth::inspect);
}

TEST(Redirect, RefusesOnTheWire) {
  const auto policy = written(strict);
  EXPECT_EQ(hello(*policy, facts("10.0.0.1", "www.example", 443, "198.51.100.1")), "redirect by court");
  const Explanation e = policy->explain(facts("10.0.0.1", "www.example", 443, "198.51.100.1"), true);
  EXPECT_EQ(e.depth_because, "port 443 is TLS: refused with an alert");
  EXPECT_EQ(policy->explain(facts("10.0.0.1", "www.example", 80, "198.51.100.1"), true).depth_because,
            "port 80 is HTTP: sent elsewhere by an answer of the daemon");
}

}  // namespace
}  // namespace weir::policy
