#include <gtest/gtest.h>

#include "plan_lookup.h"
#include "written.h"

namespace weir::policy {
namespace {

constexpr std::string_view kids = R"(
  [[group]]
  name = "kids"
  clients = ["10.0.0.0/24"]
  [[rule]]
  name = "weekend"
  client = ["@kids"]
  host = [".games.example"]
  time = "Sat,Sun"
  action = "allow"
  [[rule]]
  name = "homework"
  client = ["@kids"]
  time = ["Mon-Fri 15:00-18:00", "!2026-01-02"]
  action = "block"
  [[rule]]
  name = "games"
  host = [".games.example"]
  action = "block"
)";

Wall wall(std::string_view text) { return parse_wall(text).value(); }

std::string at(const Snapshot& policy, std::string_view time, std::string_view name) {
  return at_hello(*policy.at(wall(time), 2), facts("10.0.0.1", name));
}

TEST(Times, ARuleOutsideItsHoursIsNoRule) {
  const auto policy = written(kids);
  EXPECT_EQ(at(*policy, "2026-01-05 15:00", "www.example"), "block by homework");
  EXPECT_EQ(at(*policy, "2026-01-05 18:00", "www.example"), "allow");
  EXPECT_EQ(at(*policy, "2026-01-05 18:00", "x.games.example"), "block by games");
  EXPECT_EQ(at(*policy, "2026-01-03 16:00", "x.games.example"), "allow by weekend");
}

TEST(Times, AnExceptedDayWinsOverTheHours) {
  EXPECT_EQ(at(*written(kids), "2026-01-02 16:00", "www.example"), "allow");
}

TEST(Times, ANegationAloneMeansAllTheOtherHours) {
  const auto policy = written("[[rule]]\ntime = \"!Mon-Fri 08:00-16:00\"\naction = \"block\"");
  EXPECT_EQ(at(*policy, "2026-01-05 09:00", ""), "allow");
  EXPECT_EQ(at(*policy, "2026-01-05 16:00", ""), "block by rule 1");
  EXPECT_EQ(at(*policy, "2026-01-03 09:00", ""), "block by rule 1");
}

TEST(Times, WhileTheClockIsNotSetTimedRulesThatRefuseHold) {
  const auto policy = written(kids)->at({}, 2);
  EXPECT_FALSE(policy->in_force(0));
  EXPECT_TRUE(policy->in_force(1));
  EXPECT_TRUE(policy->in_force(2));
  EXPECT_EQ(at_syn(*policy, facts("10.0.0.1")), "block by homework");
}

TEST(Times, TheKernelsTablesAreOfTheMoment) {
  const auto policy = written(kids);
  const NameHasher hash = NameHasher::random();
  const auto row = [&](std::string_view time) {
    const KernelPlan plan = policy->at(wall(time), 7)->plan(hash);
    EXPECT_EQ(plan.id, 7u);
    return PlanLookup(plan, hash).at_syn(*Address::parse("10.0.0.1"), *Address::parse("192.0.2.1"), 443, 6).values;
  };
  EXPECT_EQ(row("2026-01-05 15:00").at_syn, WEIR_CELL_block);
  EXPECT_EQ(row("2026-01-05 15:00").rule, 2);
  EXPECT_EQ(row("2026-01-05 18:00").at_syn, WEIR_CELL_escalate);
}

TEST(Times, OnlyAChangeOfTheRulesInForceCounts) {
  const auto monday = written(kids)->at(wall("2026-01-05 15:00"), 2);
  EXPECT_FALSE(monday->changes_at(wall("2026-01-05 17:59")));
  EXPECT_FALSE(monday->changes_at(wall("2026-01-06 15:00")));
  EXPECT_TRUE(monday->changes_at(wall("2026-01-05 18:00")));
  EXPECT_TRUE(monday->changes_at(wall("2026-01-10 16:00")));
  EXPECT_FALSE(monday->changes_at({})) << "the rule that refuses holds either way";
  EXPECT_TRUE(monday->at(wall("2026-01-03 15:00"), 3)->changes_at({}));
}

/// A zone in which the clock on the wall shows UTC.
Wall utc(std::chrono::sys_seconds moment) { return Wall(moment.time_since_epoch()); }

std::string next(std::string_view text, std::string_view now) {
  const auto found =
      next_change(written(text)->config().rules, std::chrono::sys_seconds(wall(now).time_since_epoch()), utc);
  return found ? wall_text(utc(*found)) : "never";
}

TEST(Times, TheNextChangeIsTheFirstThatMatters) {
  EXPECT_EQ(next(kids, "2026-01-05 12:00"), "Mon 2026-01-05 15:00");
  EXPECT_EQ(next(kids, "2026-01-05 15:00"), "Mon 2026-01-05 18:00");
  EXPECT_EQ(next(kids, "2026-01-01 18:00"), "Sat 2026-01-03 00:00") << "Friday is excepted";
  EXPECT_EQ(next("", "2026-01-05 12:00"), "never");
  EXPECT_EQ(next("[[rule]]\ntime = [\"00:00-12:00\", \"12:00-24:00\"]\naction = \"block\"", "2026-01-05 12:00"),
            "never");
  EXPECT_EQ(next("[[rule]]\ntime = \"2026-06-10 08:00-12:00\"\naction = \"block\"", "2026-01-05 12:00"),
            "Wed 2026-06-10 08:00");
  EXPECT_EQ(next("[[rule]]\ntime = \"2025-06-10\"\naction = \"block\"", "2026-01-05 12:00"), "never")
      << "it has passed";
}

TEST(Times, AreExplained) {
  const auto policy = written(kids);
  const auto because = [&](const Moment& moment) {
    return policy->explain(facts("10.0.0.1", "www.example"), true, moment).steps.at(1).because;
  };
  EXPECT_EQ(because(wall("2026-01-05 16:30")),
            "client 10.0.0.1 is in @kids, it is Mon 2026-01-05 16:30, in Mon-Fri 15:00-18:00");
  EXPECT_EQ(because(wall("2026-01-05 18:30")), "it is Mon 2026-01-05 18:30, not in Mon-Fri 15:00-18:00");
  EXPECT_EQ(because(wall("2026-01-02 16:30")), "it is Fri 2026-01-02 16:30, excepted by !2026-01-02");
  EXPECT_EQ(because({}), "client 10.0.0.1 is in @kids, the clock is not set: a timed rule that refuses holds");
  EXPECT_EQ(said(*policy, policy->explain(facts("10.0.0.1"), true, wall("2026-01-05 16:30")).at_syn),
            "block by homework");
}

// Who passed by the SYN has no name when the hours begin, so nobody passes so where it will matter.
TEST(Times, ANameThatMattersAtOtherHoursIsRead) {
  const auto now = [](std::string_view text, std::string_view time = "2026-01-05 12:00") {
    return at_syn(*written(text)->at(wall(time), 2), facts("10.0.0.1"));
  };
  constexpr std::string_view night = "[[rule]]\nname = \"night\"\ntime = \"21:00-06:00\"\n";
  const std::string shop = std::string(night) + "host = [\".shop.example\"]\naction = \"block\"\n";
  const std::string all = std::string(night) + "client = [\"10.0.0.1\"]\naction = \"block\"\n";
  const std::string allowed = "[[rule]]\nname = \"ours\"\nhost = [\"www.example\"]\naction = \"allow\"\n";
  EXPECT_EQ(now(shop), "undecided");
  EXPECT_EQ(now(allowed + all), "undecided") << "then some of it would be refused, and some not";
  EXPECT_EQ(now(all + allowed), "allow") << "then all is refused, whatever its name";
  EXPECT_EQ(now(all), "allow");
  EXPECT_EQ(now(all, "2026-01-05 22:00"), "block by night");
  EXPECT_EQ(now("[[rule]]\nname = \"own\"\naction = \"pass\"\n" + shop), "pass by own") << "never reached";
  EXPECT_EQ(now("[[rule]]\nname = \"noon\"\ntime = \"12:00-13:00\"\naction = \"pass\"\n" + shop), "undecided")
      << "at one o'clock it is";
}

}  // namespace
}  // namespace weir::policy
