#include <gtest/gtest.h>

#include "policy/addresses.h"
#include "policy/names.h"

namespace weir::policy {
namespace {

std::string sources(const Bits& set) {
  std::string text;
  for (std::size_t source = 0; source < 8; ++source) {
    if (set.test(source)) text += static_cast<char>('0' + source);
  }
  return text;
}

TEST(AddressTable, FoldsWhatIsAroundIntoEachPrefix) {
  const AddressTable table({{*Prefix::parse("10.0.0.0/8"), 0},
                            {*Prefix::parse("10.1.0.0/16"), 1},
                            {*Prefix::parse("10.1.255.255"), 2},
                            {*Prefix::parse("10.2.0.0/16"), 3},
                            {*Prefix::parse("10.2.0.0/16"), 4},
                            {*Prefix::parse("::/0"), 5}},
                           8);
  const auto at = [&](std::string_view address) { return sources(table.sets()[table.find(*Address::parse(address))]); };
  EXPECT_EQ(at("10.0.0.0"), "05");
  EXPECT_EQ(at("10.1.0.0"), "015");
  EXPECT_EQ(at("10.1.255.254"), "015");
  EXPECT_EQ(at("10.1.255.255"), "0125");
  EXPECT_EQ(at("10.2.0.0"), "0345") << "directly behind two that end together";
  EXPECT_EQ(at("10.255.255.255"), "05");
  EXPECT_EQ(at("11.0.0.0"), "5");
  EXPECT_EQ(at("9.255.255.255"), "5");
  EXPECT_EQ(at("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "5");
  EXPECT_EQ(table.entries().size(), 5u);
}

TEST(AddressTable, KnowsTheFirstAndTheLastAddress) {
  const AddressTable table({{*Prefix::parse("::"), 0}, {*Prefix::parse("ffff::/16"), 1}}, 8);
  const auto at = [&](std::string_view address) { return sources(table.sets()[table.find(*Address::parse(address))]); };
  EXPECT_EQ(at("::"), "0");
  EXPECT_EQ(at("::1"), "");
  EXPECT_EQ(at("fffe:ffff::"), "");
  EXPECT_EQ(at("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "1");
}

TEST(PortTable, RangesMayOverlapAndReachTheLastPort) {
  const PortTable table({{80, 90, 0}, {85, 65535, 1}, {0, 0, 2}}, 8);
  const auto at = [&](std::uint16_t port) { return sources(table.sets()[table.find(port)]); };
  EXPECT_EQ(at(0), "2");
  EXPECT_EQ(at(79), "");
  EXPECT_EQ(at(80), "0");
  EXPECT_EQ(at(85), "01");
  EXPECT_EQ(at(91), "1");
  EXPECT_EQ(at(65535), "1");
}

TEST(NameTable, TheDeepestEntrySpeaksForItsAncestors) {
  NameTable table(8, 0, 8);
  table.add("example", true, 0);
  table.add("b.example", false, 1);
  table.add("a.b.example", true, 2);
  table.add("a.b.example", false, 3);
  table.add("x.test", true, 4);
  table.fold();
  const auto at = [&](std::string_view name) { return sources(table.sets()[table.find(name)]); };
  EXPECT_EQ(at("example"), "0");
  EXPECT_EQ(at("b.example"), "01");
  EXPECT_EQ(at("c.b.example"), "0");
  EXPECT_EQ(at("a.b.example"), "023");
  EXPECT_EQ(at("z.y.a.b.example"), "02");
  EXPECT_EQ(at("test"), "");
  EXPECT_EQ(at("y.x.test"), "4");
  EXPECT_EQ(at("xx.test"), "");
  EXPECT_EQ(at("elsewhere"), "");
}

TEST(NameTable, TakesTheExceptionsOfAListApart) {
  NameList list;
  list.add("example", NameList::Kind::subtree);
  list.add("A.Example.", NameList::Kind::not_exact);
  list.add("b.example", NameList::Kind::not_subtree);
  EXPECT_FALSE(list.add("no name", NameList::Kind::exact));
  EXPECT_EQ(list.names(), 1u);
  EXPECT_EQ(list.exceptions(), 2u);
  NameTable table(list.entries(), list.bytes(), 8);
  table.add(list, 0, 1);
  table.fold();
  const auto at = [&](std::string_view name) { return sources(table.sets()[table.find(name)]); };
  EXPECT_EQ(at("example"), "0");
  EXPECT_EQ(at("a.example"), "01");
  EXPECT_EQ(at("x.a.example"), "0");
  EXPECT_EQ(at("x.b.example"), "01");
}

// Each is on its way for a while before it is stored: none may be lost, whatever their number.
TEST(NameTable, TakesListsOfAnyLength) {
  for (int names = 0; names < 50; ++names) {
    NameList list;
    for (int n = 0; n < names; ++n) list.add("n" + std::to_string(n) + ".example", NameList::Kind::exact);
    NameTable table(list.entries(), list.bytes(), 8);
    table.add(list, 3, 4);
    table.fold();
    ASSERT_EQ(table.size(), static_cast<std::size_t>(names));
    for (int n = 0; n < names; ++n) {
      ASSERT_EQ(sources(table.sets()[table.find("n" + std::to_string(n) + ".example")]), "3") << n << " of " << names;
    }
  }
}

// A million names in one list are a handful of sets.
TEST(NameTable, NamesThatAreAlikeShareTheirSets) {
  constexpr int many = 20000;
  NameTable table(many, 0, 8);
  for (int n = 0; n < many; ++n) table.add("host" + std::to_string(n) + ".example", n % 2 == 0, 1);
  table.fold();
  EXPECT_EQ(table.size(), static_cast<std::size_t>(many));
  EXPECT_EQ(table.sets().size(), 2u);
  for (int n = 0; n < many; ++n) {
    const std::string name = "host" + std::to_string(n) + ".example";
    ASSERT_EQ(sources(table.sets()[table.find(name)]), "1") << name;
    ASSERT_EQ(sources(table.sets()[table.find("x." + name)]), n % 2 == 0 ? "1" : "") << name;
  }
}

}  // namespace
}  // namespace weir::policy
