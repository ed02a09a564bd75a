#include "base/addr.h"

#include <gtest/gtest.h>

#include <set>

namespace weir {
namespace {

Address address(std::string_view text) { return Address::parse(text).value(); }
Prefix prefix(std::string_view text) { return Prefix::parse(text).value(); }

TEST(Address, PrintsWhatItRead) {
  for (const char* text : {"192.0.2.1", "0.0.0.0", "255.255.255.255", "2001:db8::1", "::", "::1", "fe80::1"}) {
    EXPECT_EQ(address(text).to_string(), text);
  }
  EXPECT_EQ(address("2001:DB8:0:0::1").to_string(), "2001:db8::1");
}

// RFC 4291 §2.5.5.2
TEST(Address, AnIpv4MappedAddressIsTheIpv4Address) {
  EXPECT_EQ(address("::ffff:192.0.2.1"), address("192.0.2.1"));
  EXPECT_EQ(address("::ffff:192.0.2.1").to_string(), "192.0.2.1");
  EXPECT_TRUE(address("192.0.2.1").is_v4());
  EXPECT_EQ(address("192.0.2.1").v4_host_order(), 0xc0000201u);
  EXPECT_EQ(Address::v4(0xc0000201), address("192.0.2.1"));
  EXPECT_FALSE(address("2001:db8::1").is_v4());
  EXPECT_FALSE(address("::192.0.2.1").is_v4()) << "IPv4-compatible is not IPv4-mapped";
}

TEST(Address, RefusesWhatIsNoAddress) {
  using namespace std::string_view_literals;
  for (const auto bad : {""sv, "192.0.2"sv, "192.0.2.256"sv, "192.0.2.01"sv, "192.0.2.1 "sv, "[::1]"sv,
                         "fe80::1%eth0"sv, "192.0.2.1:80"sv, "192.0.2.1\0"sv, "1::2::3"sv, "name"sv}) {
    EXPECT_FALSE(Address::parse(bad)) << bad;
  }
  EXPECT_FALSE(Address::parse(std::string(10'000, ':')));
}

TEST(Address, KnowsLoopback) {
  EXPECT_TRUE(address("127.0.0.1").is_loopback());
  EXPECT_TRUE(address("127.255.0.9").is_loopback());
  EXPECT_TRUE(address("::1").is_loopback());
  EXPECT_FALSE(address("128.0.0.1").is_loopback());
  EXPECT_FALSE(address("::").is_loopback());
  EXPECT_FALSE(address("2001::1").is_loopback());
}

TEST(Prefix, CountsInTheLongForm) {
  EXPECT_EQ(prefix("192.0.2.0/24").length, 120);
  EXPECT_EQ(prefix("192.0.2.1").length, 128);
  EXPECT_EQ(prefix("0.0.0.0/0").length, 96);
  EXPECT_EQ(prefix("2001:db8::/32").length, 32);
  EXPECT_EQ(prefix("::ffff:192.0.2.0/120"), prefix("192.0.2.0/24"));
}

TEST(Prefix, PrintsInTheFormOfItsFamily) {
  for (const char* text : {"192.0.2.0/24", "0.0.0.0/0", "10.0.0.1", "2001:db8::/32", "::/0", "2001:db8::1"}) {
    EXPECT_EQ(prefix(text).to_string(), text);
    EXPECT_EQ(prefix(prefix(text).to_string()), prefix(text));
  }
  EXPECT_EQ(prefix("192.0.2.1/32").to_string(), "192.0.2.1");
}

TEST(Prefix, ClearsHostBits) {
  EXPECT_EQ(prefix("192.168.1.77/27").to_string(), "192.168.1.64/27");
  EXPECT_EQ(prefix("2001:db8::ffff/49").to_string(), "2001:db8::/49");
  EXPECT_EQ(prefix("255.255.255.255/31").to_string(), "255.255.255.254/31");
}

TEST(Prefix, RefusesWhatIsNoPrefix) {
  for (const char* bad : {"", "/24", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/2x", "192.0.2.0/ 24",
                          "2001:db8::/129", "192.0.2.0/24/24", "lan/24", "192.0.2.0/4294967297"}) {
    EXPECT_FALSE(Prefix::parse(bad)) << bad;
  }
}

TEST(Prefix, ContainsExactlyItsAddresses) {
  const Prefix p = prefix("192.168.1.32/27");
  EXPECT_TRUE(p.contains(address("192.168.1.32")));
  EXPECT_TRUE(p.contains(address("192.168.1.63")));
  EXPECT_FALSE(p.contains(address("192.168.1.31")));
  EXPECT_FALSE(p.contains(address("192.168.1.64")));
  EXPECT_FALSE(prefix("0.0.0.0/0").contains(address("2001:db8::1")));
  EXPECT_TRUE(prefix("0.0.0.0/0").contains(address("255.1.2.3")));
  EXPECT_TRUE(prefix("::/0").contains(address("2001:db8::1")));
  EXPECT_TRUE(prefix("2001:db8::1").contains(address("2001:db8::1")));
  EXPECT_FALSE(prefix("2001:db8::1").contains(address("2001:db8::2")));
}

TEST(Prefix, ContainsNarrowerPrefixesOnly) {
  EXPECT_TRUE(prefix("10.0.0.0/8").contains(prefix("10.1.0.0/16")));
  EXPECT_TRUE(prefix("10.0.0.0/8").contains(prefix("10.0.0.0/8")));
  EXPECT_FALSE(prefix("10.1.0.0/16").contains(prefix("10.0.0.0/8")));
  EXPECT_FALSE(prefix("10.0.0.0/8").contains(prefix("11.0.0.0/16")));
}

TEST(Endpoint, SurvivesTheWayThroughASocketAddress) {
  for (const char* text : {"192.0.2.1", "2001:db8::1"}) {
    const Endpoint before{address(text), 8080};
    sockaddr_storage storage;
    const socklen_t length = before.to(storage);
    EXPECT_EQ(storage.ss_family, before.address.is_v4() ? AF_INET : AF_INET6);
    EXPECT_EQ(length, before.address.is_v4() ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    EXPECT_EQ(Endpoint::from(storage), before);
  }
}

TEST(Endpoint, ReadsAMappedSocketAddressAsIpv4) {
  sockaddr_storage storage = {};
  sockaddr_in6& six = reinterpret_cast<sockaddr_in6&>(storage);
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(443);
  six.sin6_addr.s6_addr[10] = six.sin6_addr.s6_addr[11] = 0xff;
  six.sin6_addr.s6_addr[12] = 10;
  six.sin6_addr.s6_addr[15] = 1;
  EXPECT_EQ(Endpoint::from(storage)->to_string(), "10.0.0.1:443");
}

TEST(Endpoint, RefusesOtherFamilies) {
  sockaddr_storage storage = {};
  storage.ss_family = AF_UNIX;
  EXPECT_FALSE(Endpoint::from(storage));
}

TEST(Endpoint, PrintsBracketsAroundIpv6) {
  EXPECT_EQ((Endpoint{address("192.0.2.1"), 80}.to_string()), "192.0.2.1:80");
  EXPECT_EQ((Endpoint{address("2001:db8::1"), 80}.to_string()), "[2001:db8::1]:80");
}

TEST(Endpoint, TheHashUsesEveryPart) {
  std::set<std::size_t> low_bits;
  for (std::uint32_t i = 0; i < 4096; ++i) {
    low_bits.insert(EndpointHash{}({Address::v4(0x0a000000 + i / 64), static_cast<std::uint16_t>(1024 + i % 64)}) %
                    65536);
  }
  EXPECT_GT(low_bits.size(), 3800u) << "neighbouring endpoints must not meet in one bucket";
  EXPECT_NE(AddressHash{}(address("2001:db8::1")), AddressHash{}(address("2001:db8:0:1::1")));
}

}  // namespace
}  // namespace weir
