#include "policy/policy.h"

#include <gtest/gtest.h>

#include "written.h"

namespace weir::policy {
namespace {

TEST(Evaluate, AllowsWhatNoRuleMatches) {
  const auto policy = written("");
  EXPECT_EQ(at_syn(*policy, facts("10.0.0.5")), "allow");
  EXPECT_EQ(at_hello(*policy, facts("10.0.0.5", "www.example")), "allow");
}

TEST(Evaluate, TheFirstMatchWins) {
  const auto policy = written(R"(
    [[rule]]
    name = "boss"
    client = ["10.0.0.1"]
    action = "pass"
    [[rule]]
    client = ["10.0.0.0/8"]
    action = "reset"
  )");
  EXPECT_EQ(at_syn(*policy, facts("10.0.0.1")), "pass by boss");
  EXPECT_EQ(at_syn(*policy, facts("10.0.0.2")), "reset by rule 2");
  EXPECT_EQ(at_syn(*policy, facts("192.168.0.1")), "allow");
}

TEST(Evaluate, ConditionsOfARuleMustAllMatch) {
  const auto policy = written(R"(
    [[rule]]
    name = "one service"
    client = ["10.0.0.0/8"]
    dest = ["192.0.2.0/24"]
    port = [8443]
    action = "block"
  )",
                              "tls = [443, 8443]");
  EXPECT_EQ(at_syn(*policy, facts("10.0.0.1", "", 8443)), "block by one service");
  EXPECT_EQ(at_syn(*policy, facts("11.0.0.1", "", 8443)), "allow");
  EXPECT_EQ(at_syn(*policy, facts("10.0.0.1", "", 443)), "allow");
  EXPECT_EQ(at_syn(*policy, facts("10.0.0.1", "", 8443, "198.51.100.1")), "allow");
}

TEST(Evaluate, ANameIsUnknownAtSyn) {
  const auto policy = written(R"(
    [[rule]]
    name = "ads"
    host = [".ads.example"]
    action = "block"
  )");
  EXPECT_EQ(at_syn(*policy, facts("10.0.0.1")), "undecided");
  EXPECT_EQ(at_hello(*policy, facts("10.0.0.1", "ads.example")), "block by ads");
  EXPECT_EQ(at_hello(*policy, facts("10.0.0.1", "x.y.ads.example")), "block by ads");
  EXPECT_EQ(at_hello(*policy, facts("10.0.0.1", "bads.example")), "allow");
}

// Looking deeper costs: it is done only where the name can change what happens.
TEST(Evaluate, DecidesAtSynWhenAllThatCouldWinAgree) {
  const auto policy = written(R"(
    [[rule]]
    name = "bad names"
    client = ["10.0.0.0/8"]
    host = [".bad.example"]
    action = "block"
    [[rule]]
    name = "bad client"
    client = ["10.0.0.66"]
    action = "block"
    [[rule]]
    name = "good names"
    client = ["192.168.0.0/16"]
    host = [".good.example"]
    action = "allow"
  )");
  EXPECT_EQ(at_syn(*policy, facts("10.0.0.66")), "block by bad client");
  EXPECT_EQ(at_syn(*policy, facts("10.0.0.1")), "undecided");
  EXPECT_EQ(at_syn(*policy, facts("192.168.0.1")), "allow") << "the rule says what would happen anyway";
}

// block answers and reset does not; allow may be served deeper and pass may not.
TEST(Evaluate, ActionsThatLookAlikeDoNotAgree) {
  const auto policy = written(R"(
    [[rule]]
    client = ["10.0.0.1"]
    host = [".a.example"]
    action = "reset"
    [[rule]]
    client = ["10.0.0.1"]
    action = "block"
    [[rule]]
    host = [".a.example"]
    action = "pass"
  )");
  EXPECT_EQ(at_syn(*policy, facts("10.0.0.1")), "undecided");
  EXPECT_EQ(at_syn(*policy, facts("10.0.0.2")), "undecided");
}

TEST(Evaluate, NotMeansEveryoneBut) {
  const auto policy = written(R"(
    [[group]]
    name = "staff"
    clients = ["10.0.1.0/24"]
    [[rule]]
    name = "lan but staff"
    client = ["10.0.0.0/16", "!@staff"]
    dest = ["!192.0.2.7"]
    action = "block"
  )");
  EXPECT_EQ(at_syn(*policy, facts("10.0.2.1")), "block by lan but staff");
  EXPECT_EQ(at_syn(*policy, facts("10.0.1.1")), "allow") << "an element with ! wins over one without";
  EXPECT_EQ(at_syn(*policy, facts("10.0.2.1", "", 443, "192.0.2.7")), "allow");
  EXPECT_EQ(at_syn(*policy, facts("172.16.0.1")), "allow") << "an element without ! must match";
}

TEST(Evaluate, AConnectionWithoutANameIsNotAnyName) {
  const auto policy = written(R"(
    [[rule]]
    name = "only school"
    client = ["10.0.0.1"]
    host = ["!.school.example"]
    action = "block"
    [[rule]]
    name = "ads but ours"
    client = ["10.0.0.2"]
    host = [".ads.example", "!our.ads.example"]
    action = "block"
  )");
  EXPECT_EQ(at_hello(*policy, facts("10.0.0.1", "school.example")), "allow");
  EXPECT_EQ(at_hello(*policy, facts("10.0.0.1", "game.example")), "block by only school");
  EXPECT_EQ(at_hello(*policy, facts("10.0.0.1")), "block by only school");
  EXPECT_EQ(at_hello(*policy, facts("10.0.0.2", "x.ads.example")), "block by ads but ours");
  EXPECT_EQ(at_hello(*policy, facts("10.0.0.2", "our.ads.example")), "allow");
  EXPECT_EQ(at_hello(*policy, facts("10.0.0.2")), "allow, unseen");
}

TEST(Evaluate, SaysWhenTheMissingNameMattered) {
  const auto policy = written(R"(
    [[rule]]
    name = "elsewhere"
    client = ["10.9.0.0/16"]
    host = [".bad.example"]
    action = "block"
    [[rule]]
    name = "careful"
    client = ["10.0.0.1"]
    host = [".bad.example"]
    unseen = "block"
    action = "reset"
  )");
  EXPECT_EQ(at_hello(*policy, facts("10.0.0.2")), "allow") << "no rule would have asked this client for a name";
  EXPECT_EQ(at_hello(*policy, facts("10.9.0.1")), "allow, unseen");
  EXPECT_EQ(at_hello(*policy, facts("10.0.0.1")), "reset by careful, unseen");
  EXPECT_EQ(at_hello(*policy, facts("10.0.0.1", "good.example")), "allow");
}

TEST(Evaluate, ListsAndOwnNamesStandSideBySide) {
  const auto policy = written(R"(
    [[list]]
    name = "ads"
    names = ["one.example", ".two.example"]
    [[rule]]
    name = "mixed"
    host = ["@ads", "three.example"]
    action = "block"
    [[rule]]
    name = "not ads"
    host = ["!@ads"]
    action = "pass"
  )");
  for (const auto blocked : {"one.example", "two.example", "x.two.example", "three.example"}) {
    EXPECT_EQ(at_hello(*policy, facts("10.0.0.1", blocked)), "block by mixed") << blocked;
  }
  for (const auto passed : {"x.one.example", "x.three.example", "example"}) {
    EXPECT_EQ(at_hello(*policy, facts("10.0.0.1", passed)), "pass by not ads") << passed;
  }
}

TEST(Evaluate, ExemptHoldsForClientsAndDestinations) {
  const auto policy = written("", R"(exempt = ["10.0.0.0/24", "2001:db8:ff::/48"])");
  const Address inside = *Address::parse("10.0.0.7"), six = *Address::parse("2001:db8:ff::1");
  const Address outside = *Address::parse("10.0.1.7");
  EXPECT_TRUE(policy->exempt(inside, outside));
  EXPECT_TRUE(policy->exempt(outside, inside));
  EXPECT_TRUE(policy->exempt(outside, six));
  EXPECT_FALSE(policy->exempt(outside, outside));
}

}  // namespace
}  // namespace weir::policy
