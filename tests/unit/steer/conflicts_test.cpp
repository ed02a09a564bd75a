#include "steer/conflicts.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "sandbox.h"
#include "steer/footprint.h"
#include "steer/routing.h"

namespace weir::steer {
namespace {

class Conflicts : public testing::Test {
 protected:
  void SetUp() override {
    enter_fresh_namespace();
    sh("ip link add lan0 type veth peer name p0; ip link set lan0 up");
    sh("ip link add wan0 type veth peer name p1; ip link set wan0 up");
    sh("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
    site.lan = {"lan0"};
    site.wan = {"wan0"};
    site.sysctl_state = testing::TempDir() + "weir-conflicts-" + std::to_string(::getpid());
  }
  void TearDown() override { ::unlink(site.sysctl_state.c_str()); }

  static void nft(const std::string& commands) {
    const auto done = run_nft(commands);
    ASSERT_TRUE(done) << done.error();
  }
  // "act flow offload\n...": level and label of all findings.
  std::string found() const {
    std::string text;
    constexpr const char* levels[] = {"ok", "attention", "act"};
    for (const Finding& f : find_conflicts(site))
      text += std::string(levels[static_cast<int>(f.level)]) + " " + f.what + "\n";
    return text;
  }
  static constexpr char kDropping[] =
      "table inet fw {\n chain input_lan {\n tcp dport 22 accept\n }\n chain input {\n type filter hook input priority "
      "0; "
      "policy drop;\n ct state established accept\n iifname vmap { \"lan0\" : jump input_lan }\n }\n}\n";

  Site site;
};

TEST_F(Conflicts, AreNoneOnAPlainGateway) { EXPECT_EQ(found(), ""); }

TEST_F(Conflicts, BeginWithForwardingThatIsOff) {
  sh("sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0");
  EXPECT_EQ(found(), "act forwarding\nattention forwarding\n");
}

TEST_F(Conflicts, NameALanThatIsMissingDownOrABridgePort) {
  site.lan = {"lan9"};
  EXPECT_EQ(found(), "attention lan9\n");
  site.lan = {"lan0"};
  sh("ip link add br0 type bridge; ip link set br0 up; ip link set lan0 master br0");
  EXPECT_EQ(find_conflicts(site).at(0).remedy, "gateway.lan = [\"br0\"]");
  sh("ip link set lan0 nomaster; ip link set lan0 down");
  EXPECT_EQ(find_conflicts(site).at(0).remedy, "ip link set lan0 up");
}

TEST_F(Conflicts, NameRulesThatUseOurMarkOrTable) {
  sh("ip rule add pref 2000 fwmark 0x300000/0xf00000 lookup 201");
  EXPECT_EQ(found(), "act ip rule 2000\n");
  sh("ip rule del pref 2000; ip rule add pref 2000 fwmark 0x100/0xffff00 lookup 201");
  EXPECT_EQ(found(), "attention ip rule 2000\n");
  sh("ip rule del pref 2000; ip rule add pref 2000 fwmark 0x100/0x3f00 lookup 201");
  EXPECT_EQ(found(), "");
  sh("ip -6 rule add pref 2000 lookup 7745; ip route add blackhole 192.0.2.0/24 table 7745");
  EXPECT_EQ(found(), "act ip -6 rule 2000\nact table 7745\n");
}

// wg-quick's rules, added without a preference after Weir started, come before Weir's.
TEST_F(Conflicts, NameRulesThatTakeSteeredPackets) {
  ASSERT_TRUE(add_routing({site.mark, site.table, {"lan0", "wan0"}}));
  site.running = true;
  sh("ip rule add not fwmark 51820 lookup 51820; ip rule add lookup main suppress_prefixlength 0");
  EXPECT_TRUE(found().starts_with("act ip rule 7")) << found();
  sh("ip rule del not fwmark 51820 lookup 51820; ip rule add pref 60 iif wan0 lookup 201");
  EXPECT_EQ(found(), "act ip rule 60\n");
  sh("ip rule del pref 60; ip rule add pref 60 iif other0 lookup 201; ip rule add pref 1001 iif wan0 lookup 201");
  EXPECT_EQ(found(), "");
}

TEST_F(Conflicts, IncludeRulesThatReplaceTheWholeMark) {
  nft("table inet qos {\n chain pre {\n type filter hook prerouting priority mangle\n meta mark set meta mark | 0x1\n "
      "meta mark set meta mark & 0xffffff00 | 0x2\n}\n}\n");
  EXPECT_EQ(found(), "");
  nft("add rule inet qos pre meta mark set ct mark\n");
  EXPECT_EQ(found(), "attention packet marks\n");
}

TEST_F(Conflicts, IncludeAFirewallThatDropsWhatIsSteered) {
  nft(kDropping);
  const auto findings = find_conflicts(site);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].level, Level::act);
  EXPECT_EQ(findings[0].remedy, "nft insert rule inet fw input meta mark \\& 1048576 != 0 accept");
  sh(findings[0].remedy);
  EXPECT_EQ(found(), "") << "the remedy is one";
}

TEST_F(Conflicts, DoNotIncludeAFirewallThatLetsTheLanIn) {
  nft(kDropping);
  nft("add rule inet fw input_lan accept\n");
  EXPECT_EQ(found(), "");
}

TEST_F(Conflicts, DoNotIncludeWeirItself) {
  FootprintPlan plan;
  plan.mark = site.mark;
  plan.table = site.table;
  plan.lan = site.lan;
  plan.wan = site.wan;
  plan.ports = {80};
  plan.nat = plan.closed = true;
  plan.sysctl_state = site.sysctl_state;
  ASSERT_TRUE(install(plan));
  site.running = true;
  EXPECT_EQ(found(), "");
  site.running = false;
  EXPECT_EQ(found(), "act leftovers\n");
  plan.closed = false;
  ASSERT_TRUE(guard(plan));
  EXPECT_EQ(found(), "attention leftovers\n");
}

// This kernel may have no flow tables: the text is what libnftables prints for one.
TEST_F(Conflicts, IncludeOffloadOnOurInterfaces) {
  const std::string head = R"({"nftables": [{"flowtable": {"family": "inet", "name": "ft", "table": "fw4", "dev": )";
  const auto both = conflicts_in_ruleset(head + R"(["wan0", "eth7", "lan0"]}}]})", site);
  ASSERT_EQ(both.size(), 1U);
  EXPECT_EQ(both[0].what, "flow offload");
  EXPECT_TRUE(both[0].why.starts_with("wan0, lan0:")) << both[0].why;
  EXPECT_EQ(conflicts_in_ruleset(head + R"("lan0"}}]})", site).size(), 1U);
  EXPECT_TRUE(conflicts_in_ruleset(head + R"(["eth7"]}}]})", site).empty());
}

TEST_F(Conflicts, ReadNothingFromTextThatIsNoRuleset) {
  for (const char* text : {"", "{", "[]", "{\"nftables\": {}}", "{\"nftables\": [{\"flowtable\": 1}]}"})
    EXPECT_TRUE(conflicts_in_ruleset(text, site).empty()) << text;
}

TEST_F(Conflicts, TrialOfTheTablesLeavesNothing) {
  const auto tried = try_companion();
  ASSERT_TRUE(tried) << tried.error().why;
  EXPECT_EQ(output("nft list tables"), "");
}

}  // namespace
}  // namespace weir::steer
