#include "run/guard.h"

#include <gtest/gtest.h>

namespace weir::run {
namespace {

using Kind = policy::NameList::Kind;

/// A policy that blocks what its list holds, but not for 10.0.0.9 and never "allowed.example".
std::shared_ptr<const policy::Snapshot> policy_of(const std::vector<std::string>& names) {
  config::Config config;
  config.lists.push_back({.name = "ads"});
  config.rules.push_back({.name = "open", .action = Action::allow});
  config.rules[0].host.push_back({.kind = config::Match::Kind::exact, .text = "allowed.example"});
  config.rules.push_back({.name = "ads", .action = Action::block});
  config.rules[1].host.push_back({.kind = config::Match::Kind::reference, .text = "ads"});
  policy::NameList list;
  for (const auto& name : names) list.add(name, Kind::subtree);
  return policy::Snapshot::build(config, {{"ads", std::make_shared<policy::NameList>(list)}}, 1);
}

account::BusyName busy(const char* name, unsigned clients) {
  return {.name = name, .clients = clients, .flow = {{Address::v4(0x0a000001), 1}, {Address::v4(0xc0000201), 443}}};
}

class Guard : public testing::Test {
 protected:
  std::string says(const std::vector<std::string>& before, const std::vector<std::string>& after,
                   const std::vector<account::BusyName>& used, unsigned clients) {
    const auto old_policy = policy_of(before), new_policy = policy_of(after);
    return objection({before.size(), after.size(), *old_policy, *new_policy}, used, clients);
  }
};

TEST_F(Guard, LetsAnOrdinaryUpdateCome) {
  EXPECT_EQ(says({"a.example"}, {"a.example", "b.example"}, {busy("c.example", 10)}, 10), "");
  EXPECT_EQ(says({"a.example", "b.example"}, {"a.example"}, {}, 0), "") << "half is not less than half";
}

TEST_F(Guard, HoldsAnUpdateThatEmptiesOrHalves) {
  EXPECT_EQ(says({"a.example"}, {}, {}, 0), "it is empty");
  EXPECT_EQ(says({"a.example", "b.example", "c.example"}, {"a.example"}, {}, 0), "it shrinks from 3 names to 1");
}

TEST_F(Guard, HoldsAnUpdateThatWouldNewlyBlockWhatManyUse) {
  EXPECT_EQ(says({"a.example"}, {"a.example", "cdn.example"}, {busy("img.cdn.example", 6)}, 10),
            "would newly block img.cdn.example, used by 60 % of the clients");
  EXPECT_EQ(says({"a.example"}, {"a.example", "cdn.example"}, {busy("x.cdn.example", 6), busy("y.cdn.example", 1)}, 10),
            "would newly block x.cdn.example, used by 60 % of the clients, and 1 more that are in use");
}

TEST_F(Guard, DoesNotMindWhatFewUseWasBlockedBeforeOrStaysAllowed) {
  EXPECT_EQ(says({"a.example"}, {"a.example", "b.example"}, {busy("b.example", 2)}, 10), "") << "two are not many";
  EXPECT_EQ(says({"a.example"}, {"a.example", "b.example"}, {busy("b.example", 4)}, 100), "") << "of a hundred";
  EXPECT_EQ(says({"b.example"}, {"a.example", "b.example"}, {busy("b.example", 9)}, 10), "");
  EXPECT_EQ(says({"a.example"}, {"a.example", "allowed.example"}, {busy("allowed.example", 9)}, 10), "")
      << "a rule in front of the list's allows it";
}

}  // namespace
}  // namespace weir::run
