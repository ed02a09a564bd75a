#include "steer/nat.h"

#include <gtest/gtest.h>

#include "sandbox.h"
#include "steer/footprint.h"

namespace weir::steer {
namespace {

const std::vector<Prefix> kClients = {*Prefix::parse("10.71.0.0/24"), *Prefix::parse("fd71::/64")};

class Nat : public testing::Test {
 protected:
  void SetUp() override { enter_fresh_namespace(); }

  static NatCover of(std::string_view link) {
    const auto cover = find_nat(link, kClients);
    EXPECT_TRUE(cover) << cover.error().why;
    return cover.value_or(NatCover{});
  }
  // "46": both families, "-": none.
  static std::string families(std::string_view link) {
    const NatCover cover = of(link);
    return std::string(cover.v4 ? "4" : "") + (cover.v6 ? "6" : "") + (cover.v4 || cover.v6 ? "" : "-");
  }
  static void nft(const std::string& rules) {
    const auto done =
        run_nft("table inet t {\n chain post {\n type nat hook postrouting priority srcnat\n " + rules + "\n}\n}\n");
    ASSERT_TRUE(done) << done.error();
  }
};

TEST_F(Nat, IsNowhereInAnEmptyNamespace) { EXPECT_EQ(families("wan0"), "-"); }

TEST_F(Nat, OfAnInetTableCoversBothFamiliesOnItsInterfaceOnly) {
  nft("oifname \"wan0\" masquerade");
  EXPECT_EQ(families("wan0"), "46");
  EXPECT_EQ(families("wan1"), "-");
}

TEST_F(Nat, MayBeLimitedToOneFamily) {
  nft("oifname { \"wan0\", \"ppp*\" } meta nfproto ipv4 masquerade");
  EXPECT_EQ(families("wan0"), "4");
  EXPECT_EQ(families("ppp1"), "4");
}

TEST_F(Nat, OfOtherPeoplesAddressesIsNotOurs) {
  nft("ip saddr 172.17.0.0/16 oifname != \"docker0\" masquerade");
  EXPECT_EQ(families("wan0"), "-");
}

TEST_F(Nat, OfTheClientsIsFoundByAddressAlone) {
  nft("ip saddr 10.0.0.0/8 ip daddr != 10.0.0.0/8 snat ip to 192.0.2.1");
  EXPECT_EQ(families("wan0"), "4");
}

TEST_F(Nat, TowardsSomeDestinationsOnlyDoesNotCover) {
  nft("oifname \"wan0\" ip daddr 192.168.100.1 masquerade");
  EXPECT_EQ(families("wan0"), "-");
}

TEST_F(Nat, OfUdpAloneDoesNotCover) {
  nft("udp sport 500 masquerade\n meta l4proto udp masquerade");
  EXPECT_EQ(families("wan0"), "-");
}

TEST_F(Nat, IsFollowedThroughJumpsAndMaps) {
  ASSERT_TRUE(
      run_nft("table ip t {\n chain wan {\n ip saddr 10.71.0.0/24 masquerade\n }\n chain zones {\n oifname vmap { "
              "\"wan0\" : jump wan, \"lan0\" : accept }\n }\n chain post {\n type nat hook postrouting priority 100\n "
              "jump zones\n }\n}\n"));
  EXPECT_EQ(families("wan0"), "4");
  EXPECT_EQ(families("lan0"), "-");
}

TEST_F(Nat, BehindAnExceptionForEverybodyIsNeverReached) {
  nft("oifname \"wan0\" accept\n masquerade");
  EXPECT_EQ(families("wan0"), "-");
  EXPECT_EQ(families("wan1"), "46");
}

TEST_F(Nat, OfDestinationsIsNoSourceNat) {
  ASSERT_TRUE(
      run_nft("table ip t {\n chain pre {\n type nat hook prerouting priority -100\n dnat to 10.71.0.9\n }\n}\n"));
  EXPECT_EQ(families("wan0"), "-");
}

TEST_F(Nat, MadeWithIptablesNftIsSeen) {
  sh("iptables-nft -t nat -A POSTROUTING -s 10.71.0.0/24 -o wan0 -j MASQUERADE");
  EXPECT_EQ(families("wan0"), "4");
  EXPECT_EQ(families("wan1"), "-");
  sh("ip6tables-nft -t nat -N out; ip6tables-nft -t nat -A POSTROUTING -o wan1 -j out; "
     "ip6tables-nft -t nat -A out -j SNAT --to 2001:db8::1");
  EXPECT_EQ(families("wan1"), "6");
}

TEST_F(Nat, MadeWithLegacyIptablesIsSeen) {
  sh("iptables-legacy -t nat -A POSTROUTING -s 10.71.0.0/16 -o wan0 -j MASQUERADE");
  sh("ip6tables-legacy -t nat -A POSTROUTING -o ppp+ -j MASQUERADE");
  sh("iptables-legacy -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE");
  EXPECT_EQ(families("wan0"), "4");
  EXPECT_EQ(families("wan1"), "-");
  EXPECT_EQ(families("ppp0"), "6");
}

TEST_F(Nat, ReadsNothingFromTextThatIsNoRuleset) {
  for (const char* text :
       {"", "[]", "{\"nftables\": 1}", "{\"nftables\": [1, {\"rule\": {}}, {\"chain\": 7}]}", "{\"nft"})
    EXPECT_FALSE(nat_in_ruleset(text, "wan0", {}).v4) << text;
}

TEST_F(Nat, IsJudgedForTheNetworksOfTheLanInterfaces) {
  sh("ip link add lan0 type veth peer name p0; ip addr add 10.71.0.1/24 dev lan0; ip addr add fd71::1/64 dev lan0 "
     "nodad");
  sh("ip link set lan0 up; ip link set p0 up");
  auto prefixes = attached_prefixes({"lan0", "not-there"});
  ASSERT_TRUE(prefixes);
  EXPECT_EQ(*prefixes, kClients);
  nft("ip saddr 10.71.0.0/24 masquerade");
  const auto cover = wan_nat({"lan0"}, {"wan0", "wan1"});
  ASSERT_TRUE(cover);
  EXPECT_TRUE(cover->v4);
  EXPECT_FALSE(cover->v6);
}

}  // namespace
}  // namespace weir::steer
