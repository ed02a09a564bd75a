#include "resolve/table.h"

#include <gtest/gtest.h>

namespace weir::resolve {
namespace {

using namespace std::chrono_literals;

constexpr Monotonic start = Monotonic{} + 5s;

Known known(const char* address, Monotonic until) {
  return {.outcome = std::vector{*Address::parse(address)}, .until = until};
}

TEST(Table, KeepsAnOutcomeUntilItsTimeAndNoLonger) {
  Table table(10);
  EXPECT_EQ(table.find("www.example", start), nullptr);
  table.put("www.example", known("192.0.2.1", start + 20s));
  const Known* found = table.find("www.example", start + 20s - 1ns);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->outcome->front(), *Address::parse("192.0.2.1"));
  EXPECT_EQ(found->until, start + 20s);
  EXPECT_EQ(table.find("www.example", start + 20s), nullptr);
}

TEST(Table, ReplacesAnOutcomeWithANewOne) {
  Table table(10);
  table.put("www.example", {.outcome = fail(Errc::name_unknown), .until = start + 5s});
  table.put("www.example", known("192.0.2.1", start + 20s));
  EXPECT_EQ(table.size(), 1U);
  EXPECT_TRUE(table.find("www.example", start + 10s)->outcome);
}

TEST(Table, WhenFullTheNameThatWasAskedForLongestAgoGoes) {
  Table table(2);
  table.put("a.example", known("192.0.2.1", start + 20s));
  table.put("b.example", known("192.0.2.2", start + 20s));
  EXPECT_NE(table.find("a.example", start), nullptr);
  table.put("c.example", known("192.0.2.3", start + 20s));
  EXPECT_EQ(table.size(), 2U);
  EXPECT_NE(table.find("a.example", start), nullptr);
  EXPECT_EQ(table.find("b.example", start), nullptr);
  EXPECT_NE(table.find("c.example", start), nullptr);

  table.put("a.example", known("192.0.2.4", start + 20s));
  table.put("d.example", known("192.0.2.5", start + 20s));
  EXPECT_NE(table.find("a.example", start), nullptr) << "what is put anew counts as asked for";
  EXPECT_EQ(table.find("c.example", start), nullptr);
}

TEST(Table, OfNoNamesKeepsNone) {
  Table table(0);
  table.put("www.example", known("192.0.2.1", start + 20s));
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.find("www.example", start), nullptr);
}

}  // namespace
}  // namespace weir::resolve
