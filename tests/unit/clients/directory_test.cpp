#include "clients/directory.h"

#include <gtest/gtest.h>

namespace weir::clients {
namespace {

constexpr std::int64_t now = 1'795'680'000;

Address at(const char* text) { return *Address::parse(text); }
Mac mac(int last) { return *Mac::parse("02:00:5e:10:00:0" + std::to_string(last)); }
Claim lease(const char* name, const char* address, int device, std::int64_t until = 0) {
  return {.name = name, .address = at(address), .mac = mac(device), .duid = {}, .until = until};
}
NameFile hosts(std::vector<Claim> claims) { return {.format = Format::hosts, .claims = std::move(claims)}; }
NameFile leases(std::vector<Claim> claims) { return {.format = Format::dnsmasq, .claims = std::move(claims)}; }
Claim host(const char* name, const char* address) {
  return {.name = name, .address = at(address), .mac = {}, .duid = {}};
}

Device meaning(const Directory& directory, const char* name) {
  const auto found = directory.devices()->find(name);
  return found == directory.devices()->end() ? Device() : found->second;
}

TEST(Directory, ALeaseNamesItsAddressAndItsDevice) {
  const Directory directory({leases({lease("tablet", "10.0.0.7", 1), lease("tablet", "10.0.1.7", 1)})}, now, {});
  const Device expected = {.addresses = {at("10.0.0.7"), at("10.0.1.7")}, .macs = {mac(1)}};
  EXPECT_EQ(meaning(directory, "tablet"), expected);
  EXPECT_TRUE(directory.by_lease_only("tablet"));
  EXPECT_EQ(directory.name_of(at("2001:db8::abcd"), mac(1)), "tablet") << "any address of the device";
  EXPECT_EQ(directory.name_of(at("10.0.0.7"), {}), "tablet");
  EXPECT_EQ(directory.name_of(at("10.0.0.8"), mac(2)), "");
  EXPECT_EQ(directory.mac_of(at("10.0.1.7")), mac(1));
}

TEST(Directory, AHostsFileStandsAndLeasesAddTheDeviceBehindItsAddress) {
  const Directory directory({leases({lease("desktop-x", "10.0.0.7", 1), lease("teacher", "10.0.0.9", 2)}),
                             hosts({host("teacher", "10.0.0.7")})},
                            now, {});
  const Device expected = {.addresses = {at("10.0.0.7")}, .macs = {mac(1)}};
  EXPECT_EQ(meaning(directory, "teacher"), expected);
  EXPECT_FALSE(directory.by_lease_only("teacher"));
  EXPECT_EQ(directory.trouble("teacher"),
            "02:00:5e:10:00:02 calls itself so too, but the hosts file gives the name to another");
  EXPECT_EQ(directory.name_of(at("10.0.0.7"), mac(1)), "teacher") << "the operator's word before the device's";
  EXPECT_EQ(directory.name_of(at("10.0.0.9"), mac(2)), "");
}

TEST(Directory, OfTwoDevicesWithOneNameTheFirstHasIt) {
  const Directory directory({leases({lease("tablet", "10.0.0.7", 1), lease("tablet", "10.0.0.8", 2)})}, now, {});
  EXPECT_EQ(meaning(directory, "tablet").macs, std::vector{mac(1)});
  EXPECT_EQ(directory.trouble("tablet"),
            "02:00:5e:10:00:02 calls itself so too; the name stays with 02:00:5e:10:00:01");
  EXPECT_EQ(directory.name_of(at("10.0.0.8"), mac(2)), "") << "who did not get the name is not shown under it";
}

TEST(Directory, ANewcomerDoesNotTakeANameWhileItsHolderIsThere) {
  const Directory first({leases({lease("teacher", "10.0.0.7", 1)})}, now, {});
  const Directory second({leases({lease("teacher", "10.0.0.8", 2), lease("teacher", "10.0.0.7", 1)})}, now, first);
  EXPECT_EQ(meaning(second, "teacher").macs, std::vector{mac(1)});
  // dnsmasq takes a name from the older lease and leaves that without any.
  const Directory third({leases({lease("teacher", "10.0.0.8", 2), lease("", "10.0.0.7", 1)})}, now, second);
  EXPECT_EQ(meaning(third, "teacher").macs, std::vector{mac(1)});
  EXPECT_EQ(meaning(third, "teacher").addresses, std::vector{at("10.0.0.7")});
  EXPECT_FALSE(third.trouble("teacher").empty());
  const Directory gone({leases({lease("teacher", "10.0.0.8", 2)})}, now, third);
  EXPECT_EQ(meaning(gone, "teacher").macs, std::vector{mac(2)}) << "its lease is gone, and with it the claim";
}

TEST(Directory, ADeviceThatCallsItselfOtherwiseLetsItsNameGo) {
  const Directory first({leases({lease("a", "10.0.0.7", 1), lease("b", "10.0.0.8", 2)})}, now, {});
  const Directory swapped({leases({lease("b", "10.0.0.7", 1), lease("a", "10.0.0.8", 2)})}, now, first);
  EXPECT_EQ(meaning(swapped, "a").macs, std::vector{mac(2)});
  EXPECT_EQ(meaning(swapped, "b").macs, std::vector{mac(1)});
}

TEST(Directory, ALeaseThatHasEndedSaysNothing) {
  const std::vector<NameFile> files = {leases({lease("a", "10.0.0.7", 1, now), lease("b", "10.0.0.8", 2, now + 60),
                                               lease("c", "10.0.0.9", 3, now + 30), lease("d", "10.0.0.10", 4)})};
  const Directory directory(files, now, {});
  EXPECT_EQ(meaning(directory, "a"), Device());
  EXPECT_EQ(directory.devices()->size(), 3U);
  EXPECT_EQ(directory.next_end(), now + 30);
  EXPECT_EQ(Directory(files, now + 3600, directory).devices()->size(), 1U);
}

// A DHCPv6 lease does not tell the hardware address: it is believed where no other lease does.
TEST(Directory, ALeaseWithoutADeviceCountsOnlyWhereNoOtherHasOne) {
  const Claim six{.name = "tablet", .address = at("2001:db8::7"), .mac = {}, .duid = "00:01"};
  const Claim other{.name = "tablet", .address = at("2001:db8::8"), .mac = {}, .duid = "00:02"};
  const Directory alone({leases({six, other})}, now, {});
  EXPECT_EQ(meaning(alone, "tablet").addresses, std::vector{at("2001:db8::7")});
  EXPECT_FALSE(alone.trouble("tablet").empty());
  const Directory both({leases({six, lease("tablet", "10.0.0.7", 1)})}, now, {});
  const Device expected = {.addresses = {at("10.0.0.7")}, .macs = {mac(1)}};
  EXPECT_EQ(meaning(both, "tablet"), expected);
}

}  // namespace
}  // namespace weir::clients
