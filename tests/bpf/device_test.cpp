// What hardware addresses change: the class of a client, its on_failure, and what the daemon is told of it.
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "lab.h"

namespace weir::test {
namespace {

const Mac tablet = *Mac::parse("02:00:5e:10:00:01"), phone = *Mac::parse("02:00:5e:10:00:02"),
          stranger = *Mac::parse("02:00:5e:10:00:09");

weir_mac key(const Mac& mac) {
  weir_mac key{};
  std::ranges::copy(mac.octets, key.octets);
  return key;
}

weir_device device(std::uint16_t mac_class, std::uint8_t on_failure = WEIR_FAILURE_unsaid) {
  return {.mac_class = mac_class, .on_failure = on_failure, .pad = 0};
}

/// The plan of the lab, in which the tablet passes at SYN from 10.1.0.0/16 and is as anybody from elsewhere; the phone
/// has no class that fits.
policy::KernelPlan with_devices(const NameHasher& hash) {
  policy::KernelPlan made = plan(hash, 5);
  made.macs = {{key(tablet), device(1)}, {key(phone), device(WEIR_CLASS_beyond)}};
  made.pairs = {{{.prefix_class = 1, .mac_class = 1}, 2}};
  for (const std::uint16_t protocol : {IPPROTO_TCP, IPPROTO_UDP}) made.row_index.push_back({{2, 0, 443, protocol}, 2});
  return made;
}

class Devices : public Lab {
 protected:
  Reasons syn_from(const Mac& mac, std::string_view client = "10.1.0.2", std::string_view origin = "10.2.0.2") {
    clear_flows();
    return run(lan_in, packet(flow(client, 40000, origin, 443)).from_mac(mac).flags(syn).seq(1000)).counted;
  }
};

TEST_F(Devices, AreJudgedTogetherWithTheirAddress) {
  ASSERT_TRUE(kernel().commit(with_devices(hasher())));
  EXPECT_EQ(syn_from(tablet), Reasons{WEIR_WIRE_passed_syn});
  EXPECT_EQ(syn_from(stranger), Reasons{WEIR_WIRE_watched});
  EXPECT_EQ(syn_from(tablet, "10.7.0.2"), Reasons{WEIR_WIRE_watched}) << "no pair: the address alone";
  EXPECT_EQ(syn_from(tablet, "10.1.0.2", "10.4.0.2"), Reasons{WEIR_WIRE_watched}) << "a pair without a row escalates";
}

TEST_F(Devices, BeyondTheLimitsEscalate) {
  ASSERT_TRUE(kernel().commit(with_devices(hasher())));
  EXPECT_EQ(syn_from(phone, "10.1.0.2", "10.3.0.2"), Reasons{WEIR_WIRE_watched});
  EXPECT_EQ(syn_from(stranger, "10.1.0.2", "10.3.0.2"), Reasons{WEIR_WIRE_passed_syn});
}

TEST_F(Devices, WithAnExemptAddressAreExempt) {
  ASSERT_TRUE(kernel().commit(with_devices(hasher())));
  for (const Mac& mac : {tablet, phone, stranger}) {
    EXPECT_EQ(syn_from(mac, "10.1.9.9"), Reasons{WEIR_WIRE_exempt});
  }
}

TEST_F(Devices, CountForQuicAsForTcp) {
  ASSERT_TRUE(kernel().commit(with_devices(hasher())));
  const Flow quic = flow("10.1.0.2", 40000, "10.2.0.2", 443);
  EXPECT_EQ(run(lan_in, packet(quic).udp().from_mac(tablet).payload("x")).counted, Reasons{WEIR_WIRE_quic_passed});
  EXPECT_EQ(run(lan_in, packet(quic).udp().from_mac(stranger).payload("x")).counted, Reasons{WEIR_WIRE_quic_rejected});
}

TEST_F(Devices, FollowTheirOwnOnFailureBeforeThatOfTheirPrefix) {
  auto grouped = plan(hasher());
  grouped.failures = {{*Prefix::parse("10.1.0.0/16"), 1}};
  grouped.macs = {{key(tablet), device(0, WEIR_FAILURE_open)}, {key(phone), device(0, WEIR_FAILURE_closed)}};
  ASSERT_TRUE(kernel().commit(grouped));
  auto changed = settings();
  changed.guarded = true;
  ASSERT_TRUE(kernel().apply(changed));
  const auto opens = [&](const Mac& mac, const char* client) {
    kernel().rest();
    return run_as_is(lan_in, packet(flow(client, 40000, "10.2.0.2", 443)).from_mac(mac).flags(syn).seq(1).frame());
  };
  const Outcome refused{dropped, 0, {WEIR_WIRE_no_daemon, WEIR_WIRE_refused_closed}};
  const Outcome goes_on{next, 0, {WEIR_WIRE_no_daemon}};
  EXPECT_EQ(opens(tablet, "10.1.0.2"), goes_on);
  EXPECT_EQ(opens(stranger, "10.1.0.2"), refused);
  EXPECT_EQ(opens(phone, "10.9.0.2"), refused);
  EXPECT_EQ(opens(stranger, "10.9.0.2"), goes_on);
}

TEST_F(Devices, AreNamedInWhatIsHeldAndAnnounced) {
  syn_from(tablet);
  EXPECT_EQ(steer::mac_of(kernel().held(tls4())->mac), tablet);
  events();
  syn_from(phone, "10.1.0.2", "10.3.0.2");
  const auto heard = events();
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_EQ(steer::mac_of(heard[0].mac), phone);
}

TEST_F(Devices, OfSteeredConnectionsAreToldOnce) {
  send(packet(http4()).from_mac(tablet).flags(syn).seq(1000));
  const auto told = kernel().take_arriving(http4());
  ASSERT_TRUE(told);
  EXPECT_EQ(steer::mac_of(*told), tablet);
  EXPECT_FALSE(kernel().take_arriving(http4()));
  EXPECT_FALSE(kernel().take_arriving(http4(1)));
}

// nft may hand a SYN that comes in fragments to a listener: no other program meets it.
TEST_F(Devices, OfFragmentedSynsAreToldToo) {
  const auto whole = packet(http4(41000)).from_mac(phone).flags(syn).seq(1000).options(usual_options(1, 0));
  run(lan_in, Packet(whole).fragment(0, 8, true));
  const auto told = kernel().take_arriving(http4(41000));
  ASSERT_TRUE(told);
  EXPECT_EQ(steer::mac_of(*told), phone);
  run(lan_in, Packet(whole).fragment(8, 32, false));
  EXPECT_FALSE(kernel().take_arriving(http4(41000)));
}

}  // namespace
}  // namespace weir::test
