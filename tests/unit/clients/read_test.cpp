#include "clients/read.h"

#include <gtest/gtest.h>

namespace weir::clients {
namespace {

/// "tablet-1 192.168.1.40 02:00:5e:10:00:01 until 1795680000", a line a claim.
std::string said(const NameFile& file) {
  std::string text;
  for (const Claim& claim : file.claims) {
    text += claim.name.empty() ? "-" : claim.name;
    if (claim.address) text += ' ' + claim.address->to_string();
    if (claim.mac) text += ' ' + claim.mac->to_string();
    if (!claim.duid.empty()) text += " duid " + claim.duid;
    if (claim.until != 0) text += " until " + std::to_string(claim.until);
    text += '\n';
  }
  return text;
}

void expect(std::string_view text, Format format, const std::string& claims, std::size_t unreadable = 0) {
  const NameFile file = read_names(text);
  EXPECT_EQ(weir::clients::text(file.format), weir::clients::text(format));
  EXPECT_EQ(said(file), claims);
  EXPECT_EQ(file.unreadable, unreadable);
}

TEST(ReadNames, HostsFilesNameWhatIsNoneOfTheGatewaysOwn) {
  expect(
      "127.0.0.1 localhost\n::1 localhost ip6-localhost\nff02::1 ip6-allnodes\n0.0.0.0 ads.example\n"
      "192.168.1.40\tTeacher-PC teacher-pc.lan # by hand\nfe80::1%br-lan here\n\n# 192.168.1.41 commented\nnonsense\n",
      Format::hosts, "teacher-pc 192.168.1.40\nteacher-pc.lan 192.168.1.40\nhere fe80::1\n", 1);
}

TEST(ReadNames, DnsmasqLeasesOfBothFamilies) {
  expect(
      "1795680000 02:00:5e:10:00:01 192.168.1.40 Tablet-1 01:02:00:5e:10:00:01\n"
      "0 02:00:5e:10:00:02 192.168.1.41 * *\n"
      "1795680000 06-02:00:5e:10:00:03 192.168.1.42 radio *\n"
      "duid 00:01:00:01:2f:9a:02:00:5e:00:00:01\n"
      "1795680001 1580236801 2001:db8::40 tablet-1 00:01:00:01:AA:02:00:5e:10:00:01\n"
      "1795680001 T7 2001:db8::41 * 00:01\n",
      Format::dnsmasq,
      "tablet-1 192.168.1.40 02:00:5e:10:00:01 until 1795680000\n- 192.168.1.41 02:00:5e:10:00:02\n"
      "radio 192.168.1.42 until 1795680000\n"
      "tablet-1 2001:db8::40 duid 00:01:00:01:aa:02:00:5e:10:00:01 until 1795680001\n");
}

TEST(ReadNames, DnsmasqWithoutAClockCountsFromItsStart) {
  expect("43200 02:00:5e:10:00:01 192.168.1.40 tablet-1 *\n", Format::dnsmasq,
         "tablet-1 192.168.1.40 02:00:5e:10:00:01\n");
}

TEST(ReadNames, OdhcpdLeasesAndTheHostsLinesAmongThem) {
  expect(
      "# br-lan 02005e100001 ipv4 tablet-1 1795680000 c0a80128 32 192.168.1.40/32\n"
      "192.168.1.40\ttablet-1\n"
      "# br-lan 000100012f9a02005e100002 1a2b phone -1 2 128 2001:db8::2/128 fd00::2/128\n"
      "# br-lan 000100012f9a02005e100003 1a2c router 1795680000 10 60 2001:db8:0:10::/60\n"
      "# br-lan 02005e100004 ipv4 broken\\x20x@y 1795680000 c0a80129 32 192.168.1.41/32\n",
      Format::odhcpd,
      "tablet-1 192.168.1.40 02:00:5e:10:00:01 until 1795680000\ntablet-1 192.168.1.40\n"
      "phone 2001:db8::2 duid 000100012f9a02005e100002\nphone fd00::2 duid 000100012f9a02005e100002\n");
}

TEST(ReadNames, OfKeasJournalTheLastLineOfAnAddressCounts) {
  expect(
      "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context\n"
      "192.168.1.40,02:00:5e:10:00:01,01:02,3600,1795680000,1,0,0,old-name,0,\n"
      "192.168.1.41,02:00:5e:10:00:02,,3600,1795680000,1,0,0,phone,0,\n"
      "192.168.1.40,02:00:5e:10:00:01,01:02,3600,1795683600,1,0,0,tablet-1,0,\n"
      "192.168.1.41,02:00:5e:10:00:02,,0,1795680000,1,0,0,phone,0,\n"
      "192.168.1.42,02:00:5e:10:00:03,,3600,1795680000,1,0,0,declined,1,\n"
      "192.168.1.43,02:00\n",
      Format::kea, "tablet-1 192.168.1.40 02:00:5e:10:00:01 until 1795683600\n", 1);
}

TEST(ReadNames, KeasIpv6LeasesAreOfADuidAndNoPrefixes) {
  expect(
      "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,"
      "hostname,hwaddr,state,user_context,hwtype,hwaddr_source\n"
      "2001:db8::40,00:01:AA,3600,1795680000,1,1800,0,7,128,0,0,tablet-1.lan,02:00:5e:10:00:01,0,,1,0\n"
      "2001:db8:0:10::,00:01:bb,3600,1795680000,1,1800,2,7,60,0,0,router,,0,,1,0\n",
      Format::kea, "tablet-1.lan 2001:db8::40 duid 00:01:aa until 1795680000\n");
}

TEST(ReadNames, OfIscsJournalTheLastLeaseOfAnAddressCountsWhileItIsActive) {
  expect(
      "# The format of this file is documented in the dhcpd.leases(5) manual page.\nauthoring-byte-order "
      "little-endian;\n"
      "lease 192.168.1.40 {\n  starts 4 2026/11/26 07:00:00;\n  ends 4 2026/11/26 08:00:00;\n  binding state active;\n"
      "  next binding state free;\n  hardware ethernet 02:00:5e:10:00:01;\n  client-hostname \"Tablet-1\";\n}\n"
      "lease 192.168.1.41 {\n  ends never;\n  binding state active;\n  hardware ethernet 02:00:5e:10:00:02;\n"
      "  client-hostname \"phone\";\n  on commit {\n    set x = \"}\";\n    client-hostname \"inner\";\n  }\n}\n"
      "lease 192.168.1.40 {\n  ends epoch 1795683600; # Thu\n  binding state active;\n"
      "  hardware ethernet 02:00:5e:10:00:01;\n  client-hostname \"tablet-2\";\n}\n"
      "lease 192.168.1.42 {\n  binding state free;\n  hardware ethernet 02:00:5e:10:00:03;\n"
      "  client-hostname \"gone\";\n}\n",
      Format::isc, "tablet-2 192.168.1.40 02:00:5e:10:00:01 until 1795683600\nphone 192.168.1.41 02:00:5e:10:00:02\n");
}

TEST(ReadNames, IscTimesAreUtc) {
  const NameFile file = read_names(
      "lease 192.168.1.40 {\n  ends 4 2026/11/26 08:00:00;\n  binding state active;\n"
      "  hardware ethernet 02:00:5e:10:00:01;\n  client-hostname \"a\";\n}\n");
  ASSERT_EQ(file.claims.size(), 1U);
  EXPECT_EQ(file.claims[0].until, 1795680000);
}

TEST(ReadNames, WhatADeviceSaysOfItselfIsNoNameUnlessItIsOne) {
  expect(
      "1795680000 02:00:5e:10:00:01 192.168.1.40 $(reboot) *\n"
      "1795680000 02:00:5e:10:00:02 192.168.1.41 10.0.0.1 *\n"
      "1795680000 02:00:5e:10:00:03 192.168.1.42 ../../etc *\n",
      Format::dnsmasq,
      "- 192.168.1.40 02:00:5e:10:00:01 until 1795680000\n- 192.168.1.41 02:00:5e:10:00:02 until 1795680000\n"
      "- 192.168.1.42 02:00:5e:10:00:03 until 1795680000\n");
}

TEST(ReadNames, AFileOfTooManyClaimsIsCut) {
  std::string text;
  for (std::size_t i = 0; i < most_claims + 5; ++i)
    text += "10." + std::to_string(i >> 16) + '.' + std::to_string(i >> 8 & 255) + '.' + std::to_string(i & 255) +
            " host" + std::to_string(i) + '\n';
  const NameFile file = read_names(text);
  EXPECT_EQ(file.claims.size(), most_claims);
  EXPECT_TRUE(file.cut);
}

}  // namespace
}  // namespace weir::clients
