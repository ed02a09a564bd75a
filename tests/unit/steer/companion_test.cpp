#include "steer/companion.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>

#include "sandbox.h"
#include "steer/routing.h"
#include "steer/sysctl.h"
#include "weir/wire.h"

// A BPF program is stood in for by an nft chain at the same place, netdev ingress, that sets the mark it would set.

namespace weir::steer {
namespace {

constexpr std::uint32_t kMark = 0x00100000;
constexpr int kSoon = 2000, kNever = 400;  // milliseconds

std::string bit(std::uint32_t mark) { return std::to_string(mark); }

Endpoint at(const char* address, std::uint16_t port) { return {*Address::parse(address), port}; }

Fd make(const Endpoint& bound, int type, bool transparent) {
  sockaddr_storage address;
  const socklen_t size = bound.to(address);
  Fd fd(::socket(address.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (transparent && address.ss_family == AF_INET) ::setsockopt(fd.get(), SOL_IP, IP_TRANSPARENT, &on, sizeof on);
  if (transparent && address.ss_family == AF_INET6) ::setsockopt(fd.get(), SOL_IPV6, IPV6_TRANSPARENT, &on, sizeof on);
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0) << bound.to_string();
  return fd;
}

Fd listen_at(const Endpoint& bound, bool transparent) {
  Fd fd = make(bound, SOCK_STREAM, transparent);
  EXPECT_EQ(::listen(fd.get(), 8), 0);
  return fd;
}

Fd dial(const Endpoint& from, const Endpoint& to, bool transparent, int type = SOCK_STREAM) {
  Fd fd = make(from, type, transparent);
  sockaddr_storage address;
  const socklen_t size = to.to(address);
  const int dialled = ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), size);
  EXPECT_TRUE(dialled == 0 || errno == EINPROGRESS) << to.to_string();
  return fd;
}

std::optional<Fd> take(const Fd& listener, int patience) {
  pollfd waiting{listener.get(), POLLIN, 0};
  if (::poll(&waiting, 1, patience) != 1) return {};
  return Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

// 0: writable; ETIMEDOUT: nothing happened; else how it failed.
int settled(const Fd& fd, int patience, short what = POLLOUT) {
  pollfd waiting{fd.get(), what, 0};
  if (::poll(&waiting, 1, patience) != 1) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

Endpoint name(const Fd& fd, int (*ask)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  EXPECT_EQ(ask(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  return Endpoint::from(address).value_or(Endpoint{});
}

class Companion : public testing::Test {
 protected:
  void SetUp() override {
    enter_fresh_namespace();
    lab = std::make_unique<Lab>();
    sh("sysctl -qw net.ipv4.tcp_early_demux=0");
  }

  void stand_in(const std::string& rules) {
    const auto done = run_nft(
        "table netdev bpf\ndelete table netdev bpf\ntable netdev bpf {\n chain lan_in {\n "
        "type filter hook ingress device lan0 priority 0\n" +
        rules + "\n}\n}\n");
    ASSERT_TRUE(done) << done.error();
  }
  void add(const CompanionPlan& wanted) {
    ASSERT_TRUE(add_routing({WEIR_MARK_STEERED(kMark), 7745, {"lan0", "wan0"}}));
    const auto added = add_companion(wanted);
    ASSERT_TRUE(added) << added.error().why << "\n" << companion_ruleset(wanted);
  }
  Fd in(const Host& host, const std::function<Fd()>& make_socket) {
    Fd fd;
    host.in([&] { fd = make_socket(); });
    return fd;
  }

  const CompanionPlan plan{kMark, {"lan0"}, {"wan0"}, {80, 443}, {}, 15001, 15001, false};
  // SYNs as the fragments that tproxy is for, everything behind them as steered.
  const std::string as_fragments = "tcp dport 80 tcp flags & (syn | ack) == syn meta mark set " +
                                   bit(WEIR_MARK_FRAGMENT(kMark)) + " accept\n tcp dport 80 meta mark set " +
                                   bit(WEIR_MARK_STEERED(kMark)) + "\n";
  std::unique_ptr<Lab> lab;
};

struct Way {
  const char* client;
  const char* origin;
  const char* loopback;
  const char* wan;
};
constexpr Way kWays[] = {{"10.71.0.2", "10.72.0.2", "127.0.0.1", "10.72.0.1"},
                         {"fd71::2", "fd72::2", "::1", "fd72::1"}};

TEST_F(Companion, DeliversAFragmentedSynToTheListener) {
  add(plan);
  stand_in(as_fragments);
  // wg-quick's setting: without `iif` in our ip rule every steered packet would be a martian.
  sh("sysctl -qw net.ipv4.conf.all.src_valid_mark=1 net.ipv4.conf.all.rp_filter=1");
  for (const Way& way : kWays) {
    const Fd listener = listen_at(at(way.loopback, 15001), true);
    const Fd client = in(lab->client, [&] { return dial(at(way.client, 0), at(way.origin, 80), false); });
    const auto taken = take(listener, kSoon);
    ASSERT_TRUE(taken) << way.client;
    EXPECT_EQ(name(*taken, ::getsockname), at(way.origin, 80));
    EXPECT_EQ(name(*taken, ::getpeername).address, *Address::parse(way.client));
    EXPECT_EQ(settled(client, kSoon), 0);
  }
}

TEST_F(Companion, SurvivesAFirewallThatChecksSourcesWithTheMark) {
  ASSERT_TRUE(
      run_nft("table inet fw {\n chain p {\n type filter hook prerouting priority -140\n "
              "fib saddr . mark . iif oif missing drop\n}\n}\n"));
  add(plan);
  stand_in(as_fragments);
  for (const Way& way : kWays) {
    const Fd listener = listen_at(at(way.loopback, 15001), true);
    const Fd client = in(lab->client, [&] { return dial(at(way.client, 0), at(way.origin, 80), false); });
    EXPECT_TRUE(take(listener, kSoon)) << way.client;
  }
}

TEST_F(Companion, LeavesUnmarkedAndExemptConnectionsOnTheWire) {
  CompanionPlan exempting = plan;
  exempting.exempt = {*Prefix::parse("10.71.0.2/32"), *Prefix::parse("10.71.0.0/24"), *Prefix::parse("fd72::/16")};
  for (bool marked : {false, true}) {
    add(marked ? exempting : plan);
    if (marked) stand_in("tcp dport 80 meta mark set " + bit(WEIR_MARK_FRAGMENT(kMark)));
    for (const Way& way : kWays) {
      const Fd trap = listen_at(at(way.loopback, 15001), true);
      const Fd origin = in(lab->origin, [&] { return listen_at(at(way.origin, 80), false); });
      const Fd client = in(lab->client, [&] { return dial(at(way.client, 0), at(way.origin, 80), false); });
      EXPECT_TRUE(take(origin, kSoon)) << way.client << marked;
      EXPECT_FALSE(take(trap, 0)) << way.client << marked;
    }
  }
}

TEST_F(Companion, LeavesTheGatewaysOwnPortAlone) {
  add(plan);
  stand_in("tcp dport 80 meta mark set " + bit(WEIR_MARK_FRAGMENT(kMark)));
  const Fd trap = listen_at(at("127.0.0.1", 15001), true), own = listen_at(at("10.71.0.1", 80), false);
  const Fd client = in(lab->client, [&] { return dial(at("10.71.0.2", 0), at("10.71.0.1", 80), false); });
  EXPECT_TRUE(take(own, kSoon));
  EXPECT_FALSE(take(trap, 0));
}

TEST_F(Companion, RefusesAFragmentedHelloThatNobodyJudged) {
  add(plan);
  stand_in("tcp dport 80 tcp flags & psh == psh meta mark set " + bit(WEIR_MARK_FRAGMENT(kMark)));
  for (const Way& way : kWays) {
    const Fd origin = in(lab->origin, [&] { return listen_at(at(way.origin, 80), false); });
    const Fd client = in(lab->client, [&] { return dial(at(way.client, 0), at(way.origin, 80), false); });
    const auto server = take(origin, kSoon);
    ASSERT_TRUE(server);
    ASSERT_EQ(settled(client, kSoon), 0);
    ASSERT_EQ(::send(client.get(), "hello", 5, 0), 5);
    EXPECT_EQ(settled(client, kSoon, POLLIN), ECONNRESET);
    EXPECT_EQ(settled(*server, kNever, POLLIN), ETIMEDOUT) << "the origin saw none of it";
  }
}

TEST_F(Companion, DeliversFragmentsOfAConnectionThatWeHold) {
  add(plan);
  stand_in("tcp dport 80 meta mark set " + bit(WEIR_MARK_FRAGMENT(kMark)));
  for (const Way& way : kWays) {
    const Fd listener = listen_at(at(way.loopback, 15001), true);
    const Fd client = in(lab->client, [&] { return dial(at(way.client, 0), at(way.origin, 80), false); });
    const auto taken = take(listener, kSoon);
    ASSERT_TRUE(taken) << way.client;
    ASSERT_EQ(::send(client.get(), "hello", 5, 0), 5);
    ASSERT_EQ(settled(*taken, kSoon, POLLIN), 0);
    char bytes[8];
    EXPECT_EQ(::recv(taken->get(), bytes, sizeof bytes, 0), 5);
  }
}

std::uint16_t checksum(std::string_view bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2)
    sum += (static_cast<unsigned char>(bytes[i]) << 8) +
           (i + 1 < bytes.size() ? static_cast<unsigned char>(bytes[i + 1]) : 0);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

std::string big(std::uint32_t number, int bytes) {
  std::string text;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) text += static_cast<char>(number >> shift);
  return text;
}

// RFC 791 §3.2: a SYN from 10.71.0.2:`port` to 10.72.0.2:80 as three fragments of at most 8 bytes, in the order given.
void send_fragmented_syn(const Fd& raw, std::uint16_t port, std::initializer_list<unsigned> order) {
  const std::string source = big(0x0a470002, 4), destination = big(0x0a480002, 4);
  std::string tcp = big(port, 2) + big(80, 2) + big(1000, 4) + big(0, 4) + big(0x5002, 2) + big(64000, 2) + big(0, 4);
  tcp.replace(16, 2, big(checksum(source + destination + big(6, 2) + big(20, 2) + tcp), 2));
  for (unsigned part : order) {
    const std::string piece = tcp.substr(part * 8, 8);
    const std::string packet = big(0x4500, 2) + big(20 + static_cast<std::uint32_t>(piece.size()), 2) + big(port, 2) +
                               big((part < 2 ? 0x2000 : 0) | part, 2) + big(0x4006, 2) + big(0, 2) + source +
                               destination + piece;
    sockaddr_storage to;
    const socklen_t size = at("10.72.0.2", 0).to(to);
    EXPECT_EQ(::sendto(raw.get(), packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&to), size),
              static_cast<ssize_t>(packet.size()));
  }
}

// A SYN in fragments shows its ports to no program at tc: it must not reach the origin past us.  The marks of the
// fragments must survive reassembly, whichever comes first, and reassembly must be on.
TEST_F(Companion, JoinsARealFragmentedSynInAnyOrder) {
  add(plan);
  stand_in("ip frag-off & 0x3fff != 0 meta mark set " + bit(WEIR_MARK_FRAGMENT(kMark)));
  const Fd listener = listen_at(at("127.0.0.1", 15001), true);
  const Fd origin = in(lab->origin, [&] { return listen_at(at("10.72.0.2", 80), false); });
  Fd raw, answers;
  lab->client.in([&] {
    raw.reset(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
    answers.reset(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP));
    // The client's kernel knows nothing of this connection and would reset it.
    sh("nft 'add table ip quiet; add chain ip quiet out { type filter hook output priority 0; }; "
       "add rule ip quiet out tcp flags rst drop'");
  });
  std::uint16_t port = 40000;
  for (const auto& order : {std::initializer_list<unsigned>{0, 1, 2}, {2, 1, 0}, {1, 2, 0}}) {
    send_fragmented_syn(raw, ++port, order);
    ASSERT_EQ(settled(answers, kSoon, POLLIN), 0) << port;
    char packet[128];
    ASSERT_GE(::recv(answers.get(), packet, sizeof packet, 0), 40);
    EXPECT_EQ(packet[33] & 0x12, 0x12) << "SYN-ACK";
    EXPECT_TRUE(output("ss -Htn state syn-recv").contains(":" + std::to_string(port))) << "answered by us";
  }
}

TEST_F(Companion, LetsAFragmentPassThatAProgramPassed) {
  add(plan);
  stand_in("tcp dport 80 tcp flags & psh == psh meta mark set " +
           bit(WEIR_MARK_FRAGMENT(kMark) | WEIR_MARK_PASSED(kMark)));
  const Fd origin = in(lab->origin, [&] { return listen_at(at("10.72.0.2", 80), false); });
  const Fd client = in(lab->client, [&] { return dial(at("10.71.0.2", 0), at("10.72.0.2", 80), false); });
  const auto server = take(origin, kSoon);
  ASSERT_TRUE(server);
  ASSERT_EQ(::send(client.get(), "hello", 5, 0), 5);
  EXPECT_EQ(settled(*server, kSoon, POLLIN), 0);
}

TEST_F(Companion, ResetsTcpAndRefusesUdpThatAProgramMarked) {
  add(plan);
  stand_in("meta l4proto { tcp, udp } th dport 443 meta mark set " + bit(WEIR_MARK_RESET(kMark)));
  for (const Way& way : kWays) {
    const Fd tcp = in(lab->client, [&] { return dial(at(way.client, 0), at(way.origin, 443), false); });
    EXPECT_EQ(settled(tcp, kSoon), ECONNREFUSED);
    const Fd udp = in(lab->client, [&] { return dial(at(way.client, 0), at(way.origin, 443), false, SOCK_DGRAM); });
    ASSERT_EQ(::send(udp.get(), "x", 1, 0), 1);
    EXPECT_EQ(settled(udp, kSoon, POLLIN), ECONNREFUSED);
  }
}

// Client and upstream leg are one tuple to connection tracking: without the companions the upstream SYN leaves with the
// client's private address, and no reply comes back.
TEST_F(Companion, LetsASpoofedUpstreamBeTranslated) {
  ASSERT_TRUE(
      run_nft("table inet nat {\n chain post {\n type nat hook postrouting priority srcnat\n oifname wan0 "
              "masquerade\n}\n}\n"));
  lab->origin.in([] { sh("ip route del 10.71.0.0/24; ip -6 route del fd71::/64"); });
  CompanionPlan nat = plan;
  nat.nat = true;
  add(nat);
  stand_in(as_fragments);
  for (const Way& way : kWays) {
    const Fd listener = listen_at(at(way.loopback, 15001), true);
    const Fd origin = in(lab->origin, [&] { return listen_at(at(way.origin, 80), false); });
    const Fd client = in(lab->client, [&] { return dial(at(way.client, 0), at(way.origin, 80), false); });
    const auto taken = take(listener, kSoon);
    ASSERT_TRUE(taken);
    const Fd upstream = dial(name(*taken, ::getpeername), at(way.origin, 80), true);
    const auto server = take(origin, kSoon);
    ASSERT_TRUE(server) << way.client;
    EXPECT_EQ(name(*server, ::getpeername).address, *Address::parse(way.wan));
    EXPECT_EQ(settled(upstream, kSoon), 0);
    ASSERT_EQ(::send(server->get(), "answer", 6, 0), 6);
    EXPECT_EQ(settled(upstream, kSoon, POLLIN), 0);
    ASSERT_EQ(::send(taken->get(), "answer", 6, 0), 6);
    EXPECT_EQ(settled(client, kSoon, POLLIN), 0);
  }
}

TEST_F(Companion, DoesNotSwitchConnectionTrackingOn) {
  CompanionPlan nat = plan;
  nat.nat = true;
  add(nat);
  const Fd origin = in(lab->origin, [&] { return listen_at(at("10.72.0.2", 80), false); });
  const Fd client = in(lab->client, [&] { return dial(at("10.71.0.2", 0), at("10.72.0.2", 80), false); });
  ASSERT_TRUE(take(origin, kSoon));
  EXPECT_EQ(*read_sysctl("net.netfilter.nf_conntrack_count"), "0");
}

TEST_F(Companion, ReplacesALeftoverAndGoesWithoutTrace) {
  ASSERT_TRUE(run_nft("table inet weir {\n chain stale {\n type filter hook forward priority 0\n drop\n}\n}\n"));
  add(plan);
  add(plan);
  EXPECT_FALSE(output("nft list table inet weir").contains("stale"));
  EXPECT_EQ(*list_companions(), std::vector<std::string>{"inet weir"});
  ASSERT_TRUE(remove_companion());
  ASSERT_TRUE(remove_companion()) << "removing nothing is no failure";
  EXPECT_EQ(output("nft list tables"), "");
}

TEST_F(Companion, OfNoInterfaceIsNoTable) {
  CompanionPlan empty = plan;
  empty.lan.clear();
  ASSERT_TRUE(add_companion(empty));
  EXPECT_TRUE(list_companions()->empty());
}

TEST_F(Companion, RefusalNamesTheTableAndTheReason) {
  CompanionPlan wrong = plan;
  wrong.lan = {"an-interface-name-too-long"};
  const auto refused = add_companion(wrong);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "nft table weir");
  EXPECT_FALSE(refused.error().why.empty());
  EXPECT_FALSE(refused.error().why.contains('\n'));
}

class Closed : public Companion {
 protected:
  const ClosedPlan closed{kMark, {"lan0"}, {80, 443}, {443}, {*Prefix::parse("10.71.0.9"), *Prefix::parse("fd72::9")}};
};

TEST_F(Closed, DropsWhatNoLiveProgramMarkedAndPassesTheRest) {
  const auto added = add_closed(closed);
  ASSERT_TRUE(added) << added.error().why;
  lab->client.in([] { sh("ip addr add 10.71.0.9/24 dev c0"); });
  for (const Way& way : kWays) {
    const Fd origin = in(lab->origin, [&] { return listen_at(at(way.origin, 80), false); });
    const Fd other = in(lab->origin, [&] { return listen_at(at(way.origin, 8080), false); });
    const Fd blocked = in(lab->client, [&] { return dial(at(way.client, 0), at(way.origin, 80), false); });
    EXPECT_EQ(settled(blocked, kNever), ETIMEDOUT);
    const Fd unjudged = in(lab->client, [&] { return dial(at(way.client, 0), at(way.origin, 8080), false); });
    EXPECT_EQ(settled(unjudged, kSoon), 0);
  }
  const Fd origin = in(lab->origin, [&] { return listen_at(at("10.72.0.2", 80), false); });
  const Fd exempt = in(lab->client, [&] { return dial(at("10.71.0.9", 0), at("10.72.0.2", 80), false); });
  EXPECT_EQ(settled(exempt, kSoon), 0);
  stand_in("tcp dport 80 meta mark set " + bit(WEIR_MARK_PASSED(kMark)));
  const Fd passed = in(lab->client, [&] { return dial(at("10.71.0.2", 0), at("10.72.0.2", 80), false); });
  EXPECT_EQ(settled(passed, kSoon), 0);
}

TEST_F(Closed, DoesNotDropWhatTheDaemonHolds) {
  ASSERT_TRUE(add_closed(closed));
  add(plan);
  stand_in(as_fragments);
  const Fd listener = listen_at(at("127.0.0.1", 15001), true);
  const Fd client = in(lab->client, [&] { return dial(at("10.71.0.2", 0), at("10.72.0.2", 80), false); });
  EXPECT_TRUE(take(listener, kSoon));
}

TEST_F(Closed, DropsQuicToo) {
  ASSERT_TRUE(add_closed(closed));
  const Fd origin = in(lab->origin, [&] { return make(at("10.72.0.2", 443), SOCK_DGRAM, false); });
  const Fd client = in(lab->client, [&] { return dial(at("10.71.0.2", 0), at("10.72.0.2", 443), false, SOCK_DGRAM); });
  ASSERT_EQ(::send(client.get(), "x", 1, 0), 1);
  EXPECT_EQ(settled(origin, kNever, POLLIN), ETIMEDOUT);
  ASSERT_TRUE(remove_closed());
  ASSERT_EQ(::send(client.get(), "x", 1, 0), 1);
  EXPECT_EQ(settled(origin, kSoon, POLLIN), 0);
}

// Of nested prefixes the longest decides, in both directions and families.
TEST_F(Closed, HoldsForTheClientsWhoseGroupSaysSo) {
  lab->client.in([] { sh("ip addr add 10.71.0.9/24 dev c0; ip addr add 10.71.0.130/24 dev c0"); });
  const auto reaches = [&](const char* client, const char* origin) {
    const Fd listener = in(lab->origin, [&] { return listen_at(at(origin, 80), false); });
    const Fd dialling = in(lab->client, [&] { return dial(at(client, 0), at(origin, 80), false); });
    return settled(dialling, kNever) == 0;
  };
  ClosedPlan some{kMark, {"lan0"}, {80, 443}, {443}, {}};
  some.closed = false;
  some.failures.prefixes = {{*Prefix::parse("10.71.0.0/24"), OnFailure::closed},
                            {*Prefix::parse("10.71.0.128/25"), OnFailure::open},
                            {*Prefix::parse("10.71.0.130"), OnFailure::closed},
                            {*Prefix::parse("fd71::/64"), OnFailure::closed},
                            {*Prefix::parse("fd71::2"), OnFailure::open}};
  const auto added = add_closed(some);
  ASSERT_TRUE(added) << added.error().why << closed_ruleset(some);
  EXPECT_FALSE(reaches("10.71.0.2", "10.72.0.2"));
  EXPECT_FALSE(reaches("10.71.0.130", "10.72.0.2"));
  EXPECT_TRUE(reaches("fd71::2", "fd72::2"));

  some.closed = true;
  some.failures.prefixes = {{*Prefix::parse("10.71.0.8/30"), OnFailure::open}};
  ASSERT_TRUE(add_closed(some));
  EXPECT_TRUE(reaches("10.71.0.9", "10.72.0.2"));
  EXPECT_FALSE(reaches("10.71.0.2", "10.72.0.2"));
  EXPECT_FALSE(reaches("fd71::2", "fd72::2"));
}

// A device goes before the prefix in which it is, whatever its family.
TEST_F(Closed, HoldsForTheDevicesWhoseGroupSaysSo) {
  lab->client.in([] { sh("ip link set c0 address 02:00:5e:10:00:01"); });
  const auto reaches = [&](const char* client, const char* origin) {
    const Fd listener = in(lab->origin, [&] { return listen_at(at(origin, 80), false); });
    const Fd dialling = in(lab->client, [&] { return dial(at(client, 0), at(origin, 80), false); });
    return settled(dialling, kNever) == 0;
  };
  const Mac own = *Mac::parse("02:00:5e:10:00:01"), other = *Mac::parse("02:00:5e:10:00:02");
  ClosedPlan some{kMark, {"lan0"}, {80, 443}, {443}, {}};
  some.closed = false;
  some.failures.macs = {{own, OnFailure::closed}, {other, OnFailure::open}};
  const auto added = add_closed(some);
  ASSERT_TRUE(added) << added.error().why << closed_ruleset(some);
  EXPECT_FALSE(reaches("10.71.0.2", "10.72.0.2"));
  EXPECT_FALSE(reaches("fd71::2", "fd72::2"));

  some.failures = {.prefixes = {{*Prefix::parse("10.71.0.0/24"), OnFailure::closed}},
                   .macs = {{own, OnFailure::open}, {other, OnFailure::closed}}};
  ASSERT_TRUE(add_closed(some));
  EXPECT_TRUE(reaches("10.71.0.2", "10.72.0.2"));
}

// Refused means refused at once, also while the guard stands.
TEST_F(Closed, DoesNotSwallowAReset) {
  ASSERT_TRUE(add_closed(closed));
  add(plan);
  stand_in("tcp dport 443 meta mark set " + bit(WEIR_MARK_RESET(kMark)));
  const Fd tcp = in(lab->client, [&] { return dial(at("10.71.0.2", 0), at("10.72.0.2", 443), false); });
  EXPECT_EQ(settled(tcp, kSoon), ECONNREFUSED);
}

}  // namespace
}  // namespace weir::steer
