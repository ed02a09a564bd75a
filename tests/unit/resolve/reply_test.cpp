#include "resolve/reply.h"

#include <gtest/gtest.h>

#include "name_server.h"

namespace weir::resolve::test {
namespace {

using namespace std::chrono_literals;

std::vector<Address> all(std::initializer_list<const char*> texts) {
  std::vector<Address> addresses;
  for (const char* text : texts) addresses.push_back(*Address::parse(text));
  return addresses;
}

Result<Reply> read_v4(const Served& served) {
  return read_reply(Family::v4, as_bytes(reply("id", "www.example", ns_t_a, served)));
}

TEST(Reply, HoldsEveryAddressAndTheSmallestTtl) {
  std::string bytes = reply("id", "www.example", ns_t_aaaa, {.addresses = {"2001:db8::1", "2001:db8::2"}, .ttl = 77});
  const Result<Reply> six = read_reply(Family::v6, as_bytes(bytes));
  ASSERT_TRUE(six);
  EXPECT_EQ(six->addresses, all({"2001:db8::1", "2001:db8::2"}));
  EXPECT_EQ(six->ttl, 77s);

  bytes[bytes.size() - 2 - 16 - 1] = 5;  // the TTL of the last record
  EXPECT_EQ(read_reply(Family::v6, as_bytes(bytes))->ttl, 5s);
}

// An alias that may point elsewhere sooner than its target changes limits the whole answer.
TEST(Reply, FollowsAnAliasAndHeedsItsTtl) {
  const auto found = read_v4({.addresses = {"192.0.2.1"}, .ttl = 300, .alias = "edge.example", .alias_ttl = 20});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->addresses, all({"192.0.2.1"}));
  EXPECT_EQ(found->ttl, 20s);
  EXPECT_EQ(read_v4({.alias = "nowhere.example"}).error(), Errc::name_unknown);
}

// RFC 2181 §8
TEST(Reply, TakesATtlWithTheTopBitForZero) {
  EXPECT_EQ(read_v4({.addresses = {"192.0.2.1"}, .ttl = 0x80000000})->ttl, 0s);
}

TEST(Reply, OfOneFamilyTakesNoAddressOfTheOther) {
  const std::string bytes = reply("id", "www.example", ns_t_aaaa, {.addresses = {"2001:db8::1"}});
  EXPECT_EQ(read_reply(Family::v4, as_bytes(bytes)).error(), Errc::name_unknown);
}

TEST(Reply, TakesABoundedNumberOfAddressesAndBytes) {
  EXPECT_EQ(read_v4({.addresses = std::vector<std::string>(70, "192.0.2.1")})->addresses.size(), most_addresses);
  const Served much{.addresses = std::vector<std::string>(200, "192.0.2.1")};
  ASSERT_GT(reply("id", "www.example", ns_t_a, much).size(), longest_reply);
  EXPECT_EQ(read_v4(much).error(), Errc::resolver_failed);
}

TEST(Reply, CutShortAnywhereIsAFailure) {
  const std::string whole = reply("id", "www.example", ns_t_a, {.addresses = {"192.0.2.1"}, .alias = "edge.example"});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto found = read_reply(Family::v4, as_bytes(std::string_view(whole).substr(0, size)));
    ASSERT_FALSE(found) << size;
    EXPECT_EQ(found.error(), Errc::resolver_failed) << size;
  }
}

// c-ares reads; what we make of it must hold for whatever a server sends.
TEST(Reply, WithAnyByteChangedIsBoundedOrAFailure) {
  const Served served{.addresses = {"192.0.2.1", "192.0.2.2"}, .alias = "edge.example"};
  const std::string whole = reply("id", "www.example", ns_t_a, served);
  for (std::size_t at = 2; at < whole.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = whole;
      changed[at] = static_cast<char>(value);
      for (const Family family : {Family::v4, Family::v6}) {
        const auto found = read_reply(family, as_bytes(changed));
        const Errc why = found ? Errc::name_unknown : found.error().code;
        ASSERT_TRUE(why == Errc::name_unknown || why == Errc::resolver_failed) << at << ' ' << value;
        ASSERT_TRUE(!found || (!found->addresses.empty() && found->ttl >= 0s)) << at << ' ' << value;
      }
    }
  }
}

// RFC 1035 §4.1.4: a compressed name points to earlier bytes; one that points at itself never ends.
TEST(Reply, WhoseNamesGoInCirclesIsAFailure) {
  std::string bytes = reply("id", "www.example", ns_t_a, {});
  bytes[7] = 1;  // one record
  const auto here = static_cast<char>(bytes.size());
  bytes += {static_cast<char>(0xc0), here, 0, ns_t_a, 0, ns_c_in, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4};
  EXPECT_EQ(read_reply(Family::v4, as_bytes(bytes)).error(), Errc::resolver_failed);
  bytes[bytes.size() - 15] = 12;  // the question's name instead
  EXPECT_EQ(read_reply(Family::v4, as_bytes(bytes))->addresses, all({"1.2.3.4"}));
}

Result<Reply> with(const char* address, Duration ttl) { return Reply{.addresses = all({address}), .ttl = ttl}; }

TEST(Combine, PutsBothFamiliesTogetherWithTheSmallerTtl) {
  const auto found = combine({with("192.0.2.1", 30s), with("2001:db8::1", 20s)}, true);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->addresses, all({"192.0.2.1", "2001:db8::1"}));
  EXPECT_EQ(found->ttl, 20s);
  EXPECT_TRUE(found->complete);
}

TEST(Combine, AFamilyWithoutAddressesIsNoFailure) {
  const auto found = combine({fail(Errc::name_unknown), with("2001:db8::1", 20s)}, false);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->addresses, all({"2001:db8::1"}));
  EXPECT_TRUE(found->complete);
}

TEST(Combine, AFamilyThatFailedMakesHalfAnAnswerOrNone) {
  const Replies half{with("192.0.2.1", 30s), fail(Errc::resolver_timeout)};
  const auto found = combine(half, true);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->addresses, all({"192.0.2.1"}));
  EXPECT_FALSE(found->complete);
  EXPECT_EQ(combine(half, false).error(), Errc::resolver_timeout);
  EXPECT_EQ(combine({fail(Errc::resolver_failed), with("2001:db8::1", 20s)}, false).error(), Errc::resolver_failed);
}

TEST(Combine, ANameIsUnknownOnlyWhenBothFamiliesSaySo) {
  EXPECT_EQ(combine({fail(Errc::name_unknown), fail(Errc::name_unknown)}, true).error(), Errc::name_unknown);
  EXPECT_EQ(combine({fail(Errc::name_unknown), fail(Errc::resolver_failed)}, true).error(), Errc::resolver_failed);
  EXPECT_EQ(combine({fail(Errc::resolver_timeout), fail(Errc::name_unknown)}, true).error(), Errc::resolver_timeout);
}

}  // namespace
}  // namespace weir::resolve::test
