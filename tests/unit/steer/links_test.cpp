#include "steer/links.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>

#include "sandbox.h"

namespace weir::steer {
namespace {

class Links : public testing::Test {
 protected:
  void SetUp() override { enter_fresh_namespace(); }
};

bool readable(const Monitor& monitor) {
  pollfd waiting{monitor.fd(), POLLIN, 0};
  return ::poll(&waiting, 1, 2000) == 1;
}

TEST_F(Links, KnowsKindHeaderStateAndWhatStandsAboveAndBelow) {
  sh("ip link add br-lan type bridge; ip link set br-lan up");
  sh("ip link add p0 type veth peer name p1; ip link set p0 master br-lan");
  sh("ip link add m0 link p1 type macvlan");
  sh("ip tuntap add t0 mode tun");
  const auto all = links();
  ASSERT_TRUE(all);
  const auto bridge = find_link(*all, "br-lan"), port = find_link(*all, "p0"), tun = find_link(*all, "t0");
  ASSERT_TRUE(bridge && port && tun);
  EXPECT_EQ(bridge->kind, "bridge");
  EXPECT_EQ(bridge->header, 14U);
  EXPECT_TRUE(bridge->up);
  EXPECT_EQ(port->master, bridge->index);
  EXPECT_FALSE(port->up);
  EXPECT_EQ(tun->header, 0U);
  EXPECT_EQ(find_link(*all, "m0")->below, find_link(*all, "p1")->index);
  EXPECT_EQ(find_link(*all, "lo")->header, 14U);
  EXPECT_FALSE(find_link(*all, "eth9"));
}

TEST_F(Links, ListsTheGatewaysOwnAddresses) {
  sh("ip link add p0 type veth peer name p1; ip addr add 192.0.2.1/24 dev p0; ip addr add 2001:db8::1/64 dev p0 nodad");
  sh("ip addr add 198.51.100.1 peer 198.51.100.2 dev p0");
  const auto all = addresses();
  ASSERT_TRUE(all);
  const unsigned p0 = find_link(*links(), "p0")->index;
  EXPECT_TRUE(std::ranges::count(*all, LocalAddress{*Address::parse("192.0.2.1"), 120, p0}));
  EXPECT_TRUE(std::ranges::count(*all, LocalAddress{*Address::parse("2001:db8::1"), 64, p0}));
  EXPECT_TRUE(std::ranges::count(*all, LocalAddress{*Address::parse("198.51.100.1"), 128, p0}))
      << "ours, not the peer's";
  EXPECT_TRUE(std::ranges::any_of(*all, [](const auto& a) { return a.address == *Address::parse("127.0.0.1"); }));
}

TEST_F(Links, FindsWhereDefaultRoutesLeaveInEveryTableButOne) {
  for (const char* name : {"w0", "w1", "w2", "w3"})
    sh(std::string("ip link add ") + name + " type veth peer name p" + name + "; ip link set " + name +
       " up; ip link set p" + name + " up");
  sh("ip addr add 192.0.2.1/24 dev w0; ip addr add 198.51.100.1/24 dev w1; ip addr add 203.0.113.1/24 dev w2");
  EXPECT_TRUE(default_links(7745)->empty());
  sh("ip route add default nexthop via 192.0.2.2 nexthop via 198.51.100.2");
  sh("ip route add default via 203.0.113.2 table 201");
  sh("ip -6 route add default dev w3");
  sh("ip route add local default dev lo table 7745");
  EXPECT_EQ(*default_links(7745), (std::vector<std::string>{"w0", "w1", "w2", "w3"}));
  EXPECT_EQ(*default_links(201), (std::vector<std::string>{"w0", "w1", "w3"}));
}

TEST_F(Links, MonitorSeesANewLinkAndANewAddress) {
  auto monitor = Monitor::open();
  ASSERT_TRUE(monitor);
  EXPECT_FALSE(monitor->drain().any());
  sh("ip link add p0 type veth peer name p1");
  ASSERT_TRUE(readable(*monitor));
  EXPECT_TRUE(monitor->drain().links);
  sh("ip addr add 192.0.2.1/24 dev p0");
  ASSERT_TRUE(readable(*monitor));
  const auto changes = monitor->drain();
  EXPECT_TRUE(changes.addresses);
  EXPECT_FALSE(changes.routes);
  EXPECT_FALSE(monitor->drain().any());
}

TEST_F(Links, MonitorReportsDefaultRoutesAndNoOthers) {
  sh("ip link add p0 type veth peer name p1; ip link set p0 up; ip link set p1 up; ip addr add 192.0.2.1/24 dev p0");
  auto monitor = Monitor::open();
  ASSERT_TRUE(monitor);
  sh("ip route add 198.51.100.0/24 via 192.0.2.2");
  EXPECT_FALSE(monitor->drain().routes);
  sh("ip route add default via 192.0.2.2");
  EXPECT_TRUE(monitor->drain().routes);
}

// Whoever misses a message must be told to look again, or a new interface is never served.
TEST_F(Links, MonitorReportsEverythingWhenItsQueueOverflowed) {
  auto monitor = Monitor::open();
  ASSERT_TRUE(monitor);
  sh("for i in 1 2 3 4 5 6; do ip -batch - <<E\n$(for j in $(seq 1 250); do echo addr add 10.$i.$j.1/32 dev lo; "
     "done)\nE\ndone");
  const auto changes = monitor->drain();
  EXPECT_TRUE(changes.links && changes.addresses && changes.routes);
  EXPECT_FALSE(monitor->drain().any());
}

}  // namespace
}  // namespace weir::steer
