#include "account/clients.h"

#include <gtest/gtest.h>

#include "account/ledger.h"

namespace weir::account {
namespace {

using namespace std::chrono_literals;

constexpr WallTime start{std::chrono::hours(1000)};
const Mac tablet = *Mac::parse("02:00:5e:10:00:01");

Flow from(std::string_view address, std::optional<Mac> mac = {}) {
  return {.client = {*Address::parse(address), 40000}, .origin = {Address::v4(0xc0000201), 443}, .mac = mac};
}

/// A connection begins, ends, or is told of, as the ledger has it.
bool open(Clients& clients, const Flow& flow, WallTime now, unsigned allowed = 0) {
  return clients.opened(clients.key_of(flow), flow.client.address, now, allowed) != Clients::Count::none;
}

TEST(Clients, ADeviceIsOneClientWhateverItsAddresses) {
  Clients clients;
  for (const char* address : {"192.168.1.40", "2001:db8::1", "2001:db8:0:9::2", "192.168.1.40"}) {
    EXPECT_TRUE(open(clients, from(address, tablet), start));
  }
  open(clients, from("192.168.1.40"), start);  // the same address of an unknown device
  const auto all = clients.list();
  ASSERT_EQ(all.size(), 2U);
  const Client& device = all[0].mac ? all[0] : all[1];
  EXPECT_EQ(device.connections, 4U);
  const std::vector<Address> latest_first = {*Address::parse("192.168.1.40"), *Address::parse("2001:db8:0:9::2"),
                                             *Address::parse("2001:db8::1")};
  EXPECT_EQ(device.addresses, latest_first);
  EXPECT_EQ(clients.device_at(*Address::parse("2001:db8::1")), tablet);
  EXPECT_FALSE(clients.device_at(*Address::parse("192.168.1.99")));
}

// Else all that is behind it would be one client: a guard that asks how many use a name would never hold.
TEST(Clients, ThoseBehindAnotherRouterAreToldApartByAddress) {
  Clients clients;
  clients.adjacent({*Prefix::parse("192.168.1.0/24")});
  for (const char* address : {"10.20.0.1", "10.20.0.2", "192.168.1.7", "192.168.1.8"}) {
    open(clients, from(address, tablet), start);
  }
  EXPECT_EQ(clients.list().size(), 3U) << "the two on the LAN itself are one device";
  EXPECT_FALSE(clients.device_at(*Address::parse("10.20.0.1")));
}

// What a reload changes in between must not leave it open for ever.
TEST(Clients, AConnectionEndsAsWhomItBegan) {
  Books books(1, {});
  const FlowId id = books.ledger(0).opened({.flow = from("2001:db8:0:1::1")});
  books.clients().tell_apart_by(48);
  books.ledger(0).ended(id, CloseReason::done);
  ASSERT_EQ(books.clients().list().size(), 1U);
  EXPECT_EQ(books.clients().list()[0].connections, 0U);
}

TEST(Clients, WithoutADeviceAnIpv6PrefixIsOneClient) {
  Clients clients;
  open(clients, from("2001:db8::1"), start);
  open(clients, from("2001:db8::ffff:2"), start);
  open(clients, from("2001:db8:0:1::1"), start);
  EXPECT_EQ(clients.list().size(), 2U);
  clients.tell_apart_by(56);
  open(clients, from("2001:db8:5:1::1"), start);
  open(clients, from("2001:db8:5:2::1"), start);
  EXPECT_EQ(clients.list().size(), 3U);
  EXPECT_NE(clients.key_of(from("192.168.1.40")), clients.key_of(from("192.168.1.41"))) << "IPv4 tells each apart";
}

TEST(Clients, CountsWhatBeginsIsCarriedAndEnds) {
  Clients clients;
  const Flow flow = from("192.168.1.40", tablet);
  open(clients, flow, start);
  open(clients, flow, start + 10s);
  clients.carried(clients.key_of(flow), 10, 100, false);
  clients.carried(clients.key_of(flow), 1, 2, true);
  clients.ended(clients.key_of(flow));
  const Client client = clients.list().at(0);
  EXPECT_EQ(client.connections, 1U);
  EXPECT_EQ(client.opened, 2U);
  EXPECT_EQ(client.refused, 1U);
  EXPECT_EQ(client.bytes_in, 11U);
  EXPECT_EQ(client.bytes_out, 102U);
  EXPECT_EQ(client.first, start);
  EXPECT_EQ(client.last, start + 10s);
}

TEST(Clients, WhenFullTheOneWithoutAConnectionThatWasSeenLongestAgoGivesWay) {
  Clients clients;
  const auto client = [](unsigned n) { return from(Address::v4(10u << 24 | n).to_string()); };
  for (unsigned n = 0; n < 8 * Clients::most; ++n) {
    open(clients, client(n), start + std::chrono::seconds(n));
    clients.ended(clients.key_of(client(n)));
  }
  const auto all = clients.list();
  EXPECT_EQ(all.size(), Clients::most);
  EXPECT_EQ(all.front().last, start + std::chrono::seconds(8 * Clients::most - 1));
  EXPECT_GT(all.back().last, start + std::chrono::seconds(6 * Clients::most)) << "shards fill about alike";
  EXPECT_EQ(clients.uncounted(), 0U);
}

TEST(Clients, WhenFullOfConnectedOnesANewcomerIsNotCounted) {
  Clients clients;
  unsigned refused = 0;
  for (unsigned n = 0; n < 2 * Clients::most; ++n) {
    refused += !open(clients, from(Address::v4(10u << 24 | n).to_string()), start);
  }
  EXPECT_EQ(refused, Clients::most);
  EXPECT_EQ(clients.uncounted(), refused);
  EXPECT_EQ(clients.list().size(), Clients::most);
}

TEST(Clients, AreToldByTheLedgerAndNamedInItsRecords) {
  Books books(1, {});
  const clients::NameFile leases{
      .format = clients::Format::dnsmasq,
      .claims = {{.name = "tablet", .address = Address::parse("192.168.1.40"), .mac = tablet, .duid = {}}}};
  books.names().put(std::make_shared<clients::Directory>(std::vector{leases}, 0, clients::Directory()));
  Ledger& ledger = books.ledger(0);
  const FlowId id = ledger.opened({.flow = from("2001:db8::7", tablet)});
  Record request{.id = id, .flow = from("2001:db8::7", tablet), .action = Action::block, .bytes_out = 9};
  ledger.request(request);
  EXPECT_EQ(books.clients().list().at(0).connections, 1U);
  ledger.ended(id, CloseReason::done);
  const FlowId other = ledger.opened({.flow = from("192.168.1.41")});
  ledger.ended(other, CloseReason::done, Traffic{.in = 3, .out = 4});

  const auto lines = books.recent({});
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].client_name + lines[1].client_name, "tablet");
  for (const Client& client : books.clients().list()) {
    EXPECT_EQ(client.connections, 0U);
    EXPECT_EQ(client.refused, client.mac ? 1U : 0U);
    EXPECT_EQ(client.bytes_out, client.mac ? 9U : 4U);
  }
}

/// "full tablet, free 10.0.0.1"
std::string turns(Clients& clients) {
  std::string text;
  for (const auto& [client, full] : clients.turned()) {
    if (!text.empty()) text += ", ";
    text += full > 0 ? "full " : "free ";
    text += client.device() ? client.mac.to_string() : client.address.to_string();
  }
  return text;
}

TEST(ClientLimits, SayOnceThatAClientHasAllThatItMayAndOnceThatItHasLess) {
  Clients clients;
  const Flow flow = from("10.0.0.1");
  const ClientKey key = clients.key_of(flow);
  const auto opens = [&] { return clients.opened(key, flow.client.address, start, 2); };
  EXPECT_EQ(opens(), Clients::Count::within);
  EXPECT_EQ(turns(clients), "");
  EXPECT_EQ(opens(), Clients::Count::within);
  EXPECT_EQ(turns(clients), "full 10.0.0.1");
  EXPECT_EQ(opens(), Clients::Count::beyond);
  EXPECT_EQ(turns(clients), "");
  clients.ended(key);  // the one beyond
  EXPECT_EQ(turns(clients), "") << "it still has as many as it may";
  clients.ended(key);
  EXPECT_EQ(turns(clients), "free 10.0.0.1");
}

TEST(ClientLimits, OfAReloadHoldForWhoeverIsKnown) {
  Clients clients;
  open(clients, from("10.0.0.1"), start);
  open(clients, from("10.0.0.2", tablet), start);
  clients.limit([](const Address&, const std::optional<Mac>& mac) { return mac ? 1U : 0U; });
  EXPECT_EQ(turns(clients), "full " + tablet.to_string());
  clients.limit([](const Address&, const std::optional<Mac>&) { return 2U; });
  EXPECT_EQ(turns(clients), "free " + tablet.to_string());
}

// Connections that say nothing are not judged and so not counted: else they would be a way around the limit.
TEST(ClientLimits, CountWhatSaysNothing) {
  Clients clients;
  const Flow flow = from("10.0.0.1"), stranger = from("10.0.0.9");
  const ClientKey key = clients.key_of(flow);
  open(clients, flow, start, 5);
  clients.waiting({{key, {flow.client.address, 3, 5}}}, start);
  EXPECT_EQ(turns(clients), "");
  clients.waiting({{key, {flow.client.address, 4, 5}}, {clients.key_of(stranger), {stranger.client.address, 5, 5}}},
                  start);
  const std::string both = turns(clients);
  EXPECT_TRUE(both == "full 10.0.0.1, full 10.0.0.9" || both == "full 10.0.0.9, full 10.0.0.1") << both;
  clients.waiting({}, start);
  const std::string free = turns(clients);
  EXPECT_TRUE(free == "free 10.0.0.1, free 10.0.0.9" || free == "free 10.0.0.9, free 10.0.0.1") << free;
}

// One device, two limits: each of its connections is under its own.
TEST(ClientLimits, SayWhichOfThemIsReached) {
  Clients clients;
  const Flow flow = from("10.0.0.1");
  const ClientKey key = clients.key_of(flow);
  for (int n = 0; n < 3; ++n) clients.opened(key, flow.client.address, start, 500);
  EXPECT_EQ(turns(clients), "");
  EXPECT_EQ(clients.opened(key, flow.client.address, start, 2), Clients::Count::beyond);
  const auto turned = clients.turned();
  ASSERT_EQ(turned.size(), 1U);
  EXPECT_EQ(turned[0].full, 2U);
  clients.opened(key, flow.client.address, start, 500);
  EXPECT_EQ(turns(clients), "free 10.0.0.1");
}

TEST(ClientLimits, CountAConnectionThatSpeaksAtLastOnce) {
  Clients clients;
  const Flow flow = from("10.0.0.1");
  const ClientKey key = clients.key_of(flow);
  open(clients, flow, start, 3);
  clients.waiting({{key, {flow.client.address, 1, 3}}}, start);
  clients.opened(key, flow.client.address, start, 3, true);
  EXPECT_EQ(turns(clients), "") << "two connections";
}

TEST(ClientLimits, CountAFlowThatIsAnnouncedTwiceOnce) {
  Books books(1, {});
  for (int n = 0; n < 3; ++n) books.ledger(0).opened({.flow = from("10.0.0.1"), .id = 7, .most = 2});
  EXPECT_EQ(books.clients().list()[0].connections, 1U);
}

TEST(ClientLimits, ReachTheLedger) {
  Books books(2, {});
  const FlowId first = books.ledger(0).opened({.flow = from("10.0.0.1"), .most = 1});
  const FlowId second = books.ledger(1).opened({.flow = from("10.0.0.1"), .most = 1});
  EXPECT_FALSE(books.ledger(0).exceeds(first));
  EXPECT_TRUE(books.ledger(1).exceeds(second));
}

}  // namespace
}  // namespace weir::account
