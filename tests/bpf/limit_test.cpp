// How much one client may have: what its SYNs meet.
#include "lab.h"

namespace weir::test {
namespace {

const Mac tablet = *Mac::parse("02:00:5e:10:00:01"), phone = *Mac::parse("02:00:5e:10:00:02"),
          router = *Mac::parse("02:00:5e:10:00:03");

class Limits : public Lab {
 protected:
  /// So many at once and none later, of class 1: 10.1.0.0/16 and 2001:db8:1::/48.
  void SetUp() override {
    Lab::SetUp();
    ASSERT_TRUE(kernel().set_adjacent({*Prefix::parse("10.1.0.0/24"), *Prefix::parse("2001:db8:1::/64")}));
  }
  void allow(std::uint64_t arrivals, std::uint32_t connections = 0) {
    constexpr std::uint64_t hour = 3'600'000'000'000;
    policy::KernelPlan made = plan(hasher(), 7);
    made.limits = {{}, {}};
    if (arrivals > 0)
      made.limits[1] = {.interval_ns = hour, .slack_ns = hour * (arrivals - 1), .connections = 0, .pad = 0};
    made.limits[1].connections = connections;
    ASSERT_TRUE(kernel().commit(made));
    weir_metered key{}, next{};
    while (bpf_map_get_next_key(map("meters"), nullptr, &next) == 0) {
      key = next;
      bpf_map_delete_elem(map("meters"), &key);
    }
  }
  Outcome opens(std::string_view client, const Mac& mac, std::string_view origin = "10.2.0.2") {
    return run(
        lan_in,
        packet(flow(client, port_++, origin, 443)).from_mac(mac).flags(syn).seq(1000).options(usual_options(1, 0)));
  }
  static ClientKey device(const Mac& mac) { return {.mac = mac, .address = {}}; }

 private:
  std::uint16_t port_ = 40000;
};

const Outcome watched{next, 0, {WEIR_WIRE_watched}}, too_soon{dropped, 0, {WEIR_WIRE_limited_new}},
    too_many{next, reset_mark, {WEIR_WIRE_limited_connections}};

TEST_F(Limits, OnNewConnectionsAllowABurstAndHoldForEachClientByItself) {
  allow(3);
  for (int n = 0; n < 3; ++n) EXPECT_EQ(opens("10.1.0.2", tablet), watched) << n;
  EXPECT_EQ(opens("10.1.0.2", tablet), too_soon);
  EXPECT_EQ(opens("10.1.0.3", tablet), too_soon) << "the same device at another address";
  EXPECT_EQ(opens("2001:db8:1::2", tablet, "2001:db8:2::2"), too_soon);
  EXPECT_EQ(opens("10.1.0.2", phone), watched) << "another device at the same address";
}

TEST_F(Limits, OnNewConnectionsHoldForWhatPassesAtSynToo) {
  allow(1);
  EXPECT_EQ(opens("10.1.0.2", tablet, "10.3.0.2").counted, Reasons{WEIR_WIRE_passed_syn});
  EXPECT_EQ(opens("10.1.0.2", tablet, "10.3.0.2"), too_soon);
}

// A device that is a router is as many clients as it has behind it.
TEST_F(Limits, TellClientsBehindARouterApartByAddress) {
  allow(1);
  EXPECT_EQ(opens("10.1.7.2", router), watched);
  EXPECT_EQ(opens("10.1.7.3", router), watched);
  EXPECT_EQ(opens("10.1.7.3", router), too_soon);
  EXPECT_EQ(opens("2001:db8:1:7::2", router, "2001:db8:2::2"), watched);
  EXPECT_EQ(opens("2001:db8:1:7::3", router, "2001:db8:2::2"), too_soon) << "one /64 is one client";
  auto changed = settings();
  changed.client_bits = 128;
  ASSERT_TRUE(kernel().apply(changed));
  EXPECT_EQ(opens("2001:db8:1:7::3", router, "2001:db8:2::2"), watched);
}

TEST_F(Limits, LeaveASynThatIsSentAgainAlone) {
  allow(1);
  const auto first = packet(tls4(50000)).from_mac(tablet).flags(syn).seq(1000);
  EXPECT_EQ(run(lan_in, first), watched);
  EXPECT_EQ(run(lan_in, first), watched);
  EXPECT_EQ(opens("10.1.0.2", tablet), too_soon);
}

// Whoever had to wait an hour does not when the limit is another.
TEST_F(Limits, OfAReloadHoldAtOnce) {
  allow(1);
  opens("10.1.0.2", tablet);
  policy::KernelPlan other = plan(hasher(), 8);
  other.limits = {{}, {.interval_ns = 1'000'000'000, .slack_ns = 4'000'000'000, .connections = 0, .pad = 0}};
  ASSERT_TRUE(kernel().commit(other));
  EXPECT_EQ(opens("10.1.0.2", tablet), watched);
}

// The daemon has a place for it already.
TEST_F(Limits, LeaveASynThatIsSentAgainToTheDaemonAlone) {
  allow(1);
  const auto first = packet(http4(51000)).flags(syn).seq(1000);
  EXPECT_TRUE(send(first).contains(WEIR_WIRE_steered));
  EXPECT_EQ(send(first), Reasons{WEIR_WIRE_steered_packet});
  EXPECT_EQ(send(packet(http4(51001)).flags(syn).seq(1000)), Reasons{WEIR_WIRE_limited_new});
}

TEST_F(Limits, OnConnectionsResetTheClientsThatTheDaemonNames) {
  allow(0, 5);
  EXPECT_EQ(opens("10.1.0.2", tablet), watched);
  kernel().refuse_more(device(tablet), 5);
  EXPECT_EQ(opens("10.1.0.2", tablet), too_many);
  EXPECT_EQ(opens("10.1.0.2", phone), watched);
  kernel().refuse_more(device(tablet), 0);
  EXPECT_EQ(opens("10.1.0.2", tablet), watched);
}

// The client has reached a lower limit, of its other address: the daemon decides.
TEST_F(Limits, OnConnectionsThatAreHigherThanTheOneReachedDoNotHold) {
  allow(0, 500);
  kernel().refuse_more(device(tablet), 50);
  EXPECT_EQ(opens("10.1.0.2", tablet), watched);
  kernel().refuse_more(device(tablet), 500);
  EXPECT_EQ(opens("10.1.0.2", tablet), too_many);
  kernel().refuse_more(device(tablet), 0);
}

// Two limits for one device: neither gives back what the other has taken.
TEST_F(Limits, OnNewConnectionsAreMeteredEachByItself) {
  allow(1);
  EXPECT_EQ(opens("10.1.0.2", tablet), watched);
  policy::KernelPlan other = plan(hasher(), 8);
  other.limits = {{}, {.interval_ns = 1'000'000, .slack_ns = 4'000'000'000, .connections = 0, .pad = 0}};
  ASSERT_TRUE(kernel().commit(other));
  EXPECT_EQ(opens("10.1.0.2", tablet), watched);
  policy::KernelPlan again = plan(hasher(), 9);
  again.limits = {{}, {.interval_ns = 3'600'000'000'000, .slack_ns = 0, .connections = 0, .pad = 0}};
  ASSERT_TRUE(kernel().commit(again));
  EXPECT_EQ(opens("10.1.0.2", tablet), too_soon);
}

TEST_F(Limits, OnConnectionsHoldNoLongerThanThePolicySaysSo) {
  allow(0, 5);
  kernel().refuse_more(device(tablet), 5);
  allow(0, 0);
  EXPECT_EQ(opens("10.1.0.2", tablet), watched);
  kernel().refuse_more(device(tablet), 0);
}

TEST_F(Limits, DoNotHoldForOthersNorForWhoIsExempt) {
  allow(1, 1);
  for (int n = 0; n < 2; ++n) {
    EXPECT_EQ(opens("10.7.0.2", tablet), watched) << "class 0";
    EXPECT_EQ(opens("10.1.9.9", tablet).counted, Reasons{WEIR_WIRE_exempt});
  }
}

// Whoever cannot judge limits nobody.
TEST_F(Limits, DoNotHoldWithoutADaemon) {
  allow(1);
  opens("10.1.0.2", tablet);
  kernel().rest();
  const Octets frame = packet(tls4(50000)).from_mac(tablet).flags(syn).seq(1).frame();
  EXPECT_EQ(run_as_is(lan_in, frame), (Outcome{next, 0, {WEIR_WIRE_no_daemon}}));
}

}  // namespace
}  // namespace weir::test
