#include "account/busy.h"

#include <gtest/gtest.h>

namespace weir::account {
namespace {

using namespace std::chrono_literals;

constexpr WallTime start{std::chrono::hours(1000)};

Flow from(unsigned client) { return {{Address::v4(10u << 24 | client), 40000}, {Address::v4(0xc0000201), 443}}; }

TEST(Busy, CountsClientsNotConnections) {
  Busy busy;
  for (int times = 0; times < 100; ++times) busy.note("a.example", from(1), client_of(from(1), true, 64), start);
  for (unsigned client = 0; client < 10; ++client)
    busy.note("b.example", from(client), client_of(from(client), true, 64), start);
  const auto names = busy.names(1);
  ASSERT_EQ(names.size(), 2u);
  EXPECT_EQ(names[0].name, "b.example");
  EXPECT_NEAR(names[0].clients, 10, 1);
  EXPECT_EQ(names[1].clients, 1u);
  EXPECT_EQ(names[1].flow, from(1));
  EXPECT_EQ(busy.names(5).size(), 1u);
  EXPECT_NEAR(busy.clients(), 10, 1);
}

TEST(Busy, RemembersYesterdayAndNoLonger) {
  Busy busy;
  for (unsigned client = 0; client < 5; ++client)
    busy.note("a.example", from(client), client_of(from(client), true, 64), start);
  busy.note("b.example", from(1), client_of(from(1), true, 64), start + 25h);
  EXPECT_EQ(busy.names(1).size(), 2u);
  EXPECT_NEAR(busy.names(1)[0].clients, 5, 1) << "the busier of the two days counts";
  busy.note("b.example", from(1), client_of(from(1), true, 64), start + 50h);
  ASSERT_EQ(busy.names(1).size(), 1u);
  EXPECT_EQ(busy.names(1)[0].name, "b.example");
  busy.note("c.example", from(1), client_of(from(1), true, 64), start + 500h);
  EXPECT_EQ(busy.names(1).size(), 1u) << "a day that lies longer back is not yesterday";
}

// What many use must not be pushed out by whoever asks for a name of its own every time.
TEST(Busy, IsBoundedAndKeepsWhatManyUse) {
  Busy busy;
  for (unsigned client = 0; client < 20; ++client)
    busy.note("cdn.example", from(client), client_of(from(client), true, 64), start);
  for (int n = 0; n < 200'000; ++n)
    busy.note("n" + std::to_string(n) + ".example", from(7), client_of(from(7), true, 64), start);
  const auto names = busy.names(1);
  EXPECT_LE(names.size(), 4096u);
  EXPECT_EQ(names[0].name, "cdn.example");
  EXPECT_NEAR(names[0].clients, 20, 2);
}

TEST(Busy, ManyClientsAreCountedAboutRight) {
  Busy busy;
  for (unsigned client = 0; client < 10'000; ++client)
    busy.note("a.example", from(client), client_of(from(client), true, 64), start);
  EXPECT_NEAR(busy.clients(), 10'000, 1'000);
  EXPECT_GT(busy.names(1)[0].clients, 1'000u);
}

}  // namespace
}  // namespace weir::account
