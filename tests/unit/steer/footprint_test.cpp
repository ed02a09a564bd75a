#include "steer/footprint.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "sandbox.h"
#include "steer/routing.h"
#include "steer/sysctl.h"

namespace weir::steer {
namespace {

class Footprint : public testing::Test {
 protected:
  void SetUp() override {
    enter_fresh_namespace();
    std::filesystem::remove_all(directory);
    plan.mark = 0x00100000;
    plan.table = 7745;
    plan.lan = {"lan0"};
    plan.wan = {"wan0"};
    plan.ports = {80, 443};
    plan.quic = {443};
    plan.exempt = {*Prefix::parse("192.0.2.0/24"), *Prefix::parse("2001:db8::/32")};
    plan.listener_v4 = plan.listener_v6 = 15001;
    plan.nat = true;
    plan.sysctl_state = state;
  }
  void TearDown() override { std::filesystem::remove_all(directory); }

  // All that Weir could have changed, as the host's own tools show it.
  static std::string host() {
    return output(
        "ip rule; ip -6 rule; ip route show table all; ip -6 route show table all; nft list ruleset; "
        "sysctl net.ipv4.tcp_early_demux net.ipv4.tcp_syncookies");
  }

  const std::string directory = testing::TempDir() + "weir-footprint-" + std::to_string(::getpid());
  const std::string state = directory + "/sysctl";
  FootprintPlan plan;
};

TEST_F(Footprint, LeavesTheHostAsItFoundIt) {
  const std::string before = host();
  plan.closed = true;
  const auto installed = install(plan);
  ASSERT_TRUE(installed) << installed.error().what << ": " << installed.error().why;
  // A rule for each link and a route in each family, two tables, one setting.
  EXPECT_EQ(list_footprint(state)->size(), 6U + 2 + 1);
  ASSERT_TRUE(remove_footprint(state));
  EXPECT_EQ(host(), before);
  EXPECT_TRUE(list_footprint(state)->empty());
}

TEST_F(Footprint, InstalledTwiceIsInstalledOnce) {
  ASSERT_TRUE(install(plan));
  const std::string once = host();
  ASSERT_TRUE(install(plan));
  EXPECT_EQ(host(), once);
}

TEST_F(Footprint, OfACrashedRunIsTakenOverAndThenRemoved) {
  const std::string before = host();
  FootprintPlan crashed = plan;
  crashed.mark = 0x100;
  crashed.table = 100;
  crashed.lan = {"old0"};
  crashed.closed = true;
  ASSERT_TRUE(install(crashed));
  ASSERT_TRUE(install(plan));
  const auto lines = list_footprint(state);
  ASSERT_TRUE(lines);
  EXPECT_EQ(lines->size(), 6U + 1 + 1) << "the guard of a closed run is gone with on_failure = \"open\"";
  EXPECT_FALSE(host().contains("old0"));
  ASSERT_TRUE(remove_footprint(state));
  EXPECT_EQ(host(), before);
}

TEST_F(Footprint, GuardsWhereOnlyOneGroupIsClosed) {
  plan.closed = false;
  plan.failures.prefixes = {{*Prefix::parse("10.71.0.2"), OnFailure::open}};
  ASSERT_TRUE(guard(plan));
  EXPECT_FALSE(is_guarded());
  plan.failures.prefixes.push_back({*Prefix::parse("10.71.0.3"), OnFailure::closed});
  ASSERT_TRUE(guard(plan));
  EXPECT_TRUE(is_guarded());
  plan.failures.prefixes.clear();
  ASSERT_TRUE(guard(plan));
  EXPECT_FALSE(is_guarded());
}

// A start that fails must not leave half of it behind, but with on_failure = "closed" it must leave the guard.
TEST_F(Footprint, ThatCannotBeCompletedIsUndoneUpToTheGuard) {
  plan.closed = true;
  plan.wan = {"an-interface-name-too-long"};
  const auto refused = install(plan);
  ASSERT_FALSE(refused);
  EXPECT_FALSE(refused.error().why.empty());
  EXPECT_EQ(*list_footprint(state), std::vector<std::string>{"nft table inet weir-closed"});
  EXPECT_EQ(*read_sysctl("net.ipv4.tcp_early_demux"), "1");
}

TEST_F(Footprint, GuardFollowsOnFailure) {
  plan.closed = true;
  ASSERT_TRUE(guard(plan));
  EXPECT_EQ(*list_footprint(state), std::vector<std::string>{"nft table inet weir-closed"});
  plan.closed = false;
  ASSERT_TRUE(guard(plan));
  EXPECT_TRUE(list_footprint(state)->empty());
}

}  // namespace
}  // namespace weir::steer
