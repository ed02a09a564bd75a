#include "account/reach.h"

#include <gtest/gtest.h>

namespace weir::account {
namespace {

using namespace std::chrono_literals;

class ReachTest : public ::testing::Test {
 protected:
  static Address v4(unsigned n) { return Address::v4(0xc0000200 + n); }
  static Address v6(unsigned n) { return *Address::parse("2001:db8::" + std::to_string(n)); }
  void silent(unsigned n, Duration at) { reach_.silent(v4(n), start + at); }
  std::optional<Reach::Silence> at(Duration time) const { return reach_.silence(start + time); }

  static constexpr Monotonic start{1h};
  Reach reach_;
};

TEST_F(ReachTest, SeveralAddressesThatSayNothingAreAnOutage) {
  reach_.answered(v4(9), start);
  silent(1, 2s);
  silent(2, 5s);
  silent(2, 6s);
  EXPECT_FALSE(at(1min)) << "two addresses may be dead";
  silent(3, 8s);
  const auto silence = at(1min);
  ASSERT_TRUE(silence);
  EXPECT_EQ(silence->since, start + 2s);
  EXPECT_EQ(silence->asked, 3u);
  EXPECT_TRUE(silence->v4 && !silence->v6 && silence->total);
}

TEST_F(ReachTest, WaitsBeforeItSaysSo) {
  for (const unsigned n : {1u, 2u, 3u}) silent(n, 2s);
  EXPECT_FALSE(at(16s));
  EXPECT_TRUE(at(17s));
}

// A dial to a dead address takes half a minute to fail; what came meanwhile answers for it.
TEST_F(ReachTest, AnyAnswerEndsItAndSpeaksForAllThatWasAskedBefore) {
  for (const unsigned n : {1u, 2u, 3u}) silent(n, 2s);
  reach_.answered(v4(9), start + 20s);
  EXPECT_FALSE(at(21s));
  for (const unsigned n : {4u, 5u, 6u}) silent(n, 19s);
  EXPECT_FALSE(at(1min));
  silent(1, 30s);
  silent(4, 31s);
  EXPECT_FALSE(at(1min)) << "what was asked before the answer does not count again";
  silent(7, 32s);
  ASSERT_TRUE(at(1min));
  EXPECT_EQ(at(1min)->since, start + 30s);
}

TEST_F(ReachTest, WhatNobodyAsksForAnyMoreIsForgotten) {
  for (const unsigned n : {1u, 2u, 3u}) silent(n, 2s);
  EXPECT_TRUE(at(5min));
  EXPECT_FALSE(at(5min + 3s));
  silent(1, 10min);
  EXPECT_FALSE(at(11min)) << "an old silence is not continued by one new question";
}

TEST_F(ReachTest, TellsTheFamiliesApart) {
  reach_.answered(v4(9), start + 10s);
  for (const unsigned n : {1u, 2u, 3u}) reach_.silent(v6(n), start + 2s);
  const auto broken = at(1min);
  ASSERT_TRUE(broken) << "an answer over IPv4 says nothing of IPv6";
  EXPECT_TRUE(!broken->v4 && broken->v6 && !broken->total);
  for (const unsigned n : {1u, 2u, 3u}) silent(n, 20s);
  const auto both = at(1min);
  ASSERT_TRUE(both);
  EXPECT_TRUE(both->v4 && both->v6);
  EXPECT_TRUE(both->total);
  EXPECT_EQ(both->asked, 6u);
  EXPECT_EQ(both->since, start + 20s) << "IPv6 was broken before";
}

TEST_F(ReachTest, AScanOfDeadAddressesCostsNoMoreThanItsMost) {
  for (unsigned n = 0; n < 3 * Reach::most; ++n) reach_.silent(Address::v4(0x0a000000 + n), start + 2s);
  EXPECT_EQ(at(1min)->asked, Reach::most);
  reach_.answered(v4(9), start + 3s);
  for (unsigned n = 0; n < 4; ++n) silent(n, 10s);
  EXPECT_EQ(at(1min)->asked, 4u) << "what was answered makes room";
}

}  // namespace
}  // namespace weir::account
