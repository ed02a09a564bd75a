#include "steer/routing.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>

#include "sandbox.h"

namespace weir::steer {
namespace {

constexpr std::uint32_t kMark = 0x00100000;

class Routing : public testing::Test {
 protected:
  void SetUp() override { enter_fresh_namespace(); }

  static std::string rules() { return output("ip rule; ip -6 rule"); }
};

TEST_F(Routing, AddsARuleForEachLinkAndALocalRouteInBothFamilies) {
  ASSERT_TRUE(add_routing({kMark, 7745, {"br-lan", "wan"}}));
  for (const char* family : {"ip", "ip -6"}) {
    const std::string rule = output(std::string(family) + " rule");
    EXPECT_TRUE(rule.contains("77:\tfrom all fwmark 0x100000/0x100000 iif br-lan [detached] lookup 7745")) << rule;
    EXPECT_TRUE(rule.contains("77:\tfrom all fwmark 0x100000/0x100000 iif wan [detached] lookup 7745")) << rule;
    const std::string route = output(std::string(family) + " route show table 7745");
    EXPECT_TRUE(route.starts_with("local default dev lo proto 77")) << route;
  }
  EXPECT_EQ(list_routing()->size(), 6U);
}

TEST_F(Routing, AddingTwiceIsAddingOnce) {
  ASSERT_TRUE(add_routing({kMark, 7745, {"br-lan"}}));
  const std::string once = rules();
  ASSERT_TRUE(add_routing({kMark, 7745, {"br-lan"}}));
  EXPECT_EQ(rules(), once);
}

TEST_F(Routing, TakesOverWhatACrashedRunWithOtherSettingsLeft) {
  ASSERT_TRUE(add_routing({0x200, 100, {"old0", "br-lan"}}));
  ASSERT_TRUE(add_routing({kMark, 7745, {"br-lan"}}));
  EXPECT_FALSE(rules().contains("old0"));
  EXPECT_FALSE(rules().contains("lookup 100"));
  EXPECT_EQ(output("ip route show table 100 2>/dev/null; ip -6 route show table 100 2>/dev/null"), "");
  EXPECT_EQ(list_routing()->size(), 4U);
}

TEST_F(Routing, RemovesOursAndNothingElse) {
  sh("ip rule add pref 50 fwmark 0x100000/0x100000 lookup 7745");
  sh("ip route add blackhole 192.0.2.0/24 table 7745");
  const std::string before = rules();
  ASSERT_TRUE(add_routing({kMark, 7745, {"br-lan"}}));
  ASSERT_TRUE(remove_routing());
  EXPECT_EQ(rules(), before);
  EXPECT_EQ(output("ip route show table 7745"), "blackhole 192.0.2.0/24 \n");
  EXPECT_TRUE(list_routing()->empty());
  ASSERT_TRUE(remove_routing()) << "removing nothing is no failure";
}

TEST_F(Routing, TellsForeignRoutesFromItsOwn) {
  ASSERT_TRUE(add_routing({kMark, 7745, {"br-lan"}}));
  EXPECT_TRUE(foreign_routes(7745)->empty());
  sh("ip route add blackhole 192.0.2.0/24 table 7745");
  EXPECT_EQ(*foreign_routes(7745), std::vector<int>{AF_INET});
}

TEST_F(Routing, ReadsWhatForeignRulesAskFor) {
  sh("ip rule add pref 90 not fwmark 0xca6c lookup 51820");
  sh("ip rule add pref 91 from all lookup main suppress_prefixlength 0");
  const auto all = routing_rules();
  ASSERT_TRUE(all);
  const auto tunnel = std::ranges::find(*all, 90U, &RoutingRule::priority);
  ASSERT_NE(tunnel, all->end());
  EXPECT_TRUE(tunnel->inverted);
  EXPECT_FALSE(tunnel->narrow);
  EXPECT_EQ(tunnel->mark, 0xca6cU);
  EXPECT_EQ(tunnel->mask, ~0U);
  const auto suppress = std::ranges::find(*all, 91U, &RoutingRule::priority);
  ASSERT_NE(suppress, all->end());
  EXPECT_TRUE(suppress->narrow);
}

}  // namespace
}  // namespace weir::steer
