#include "lab.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>

namespace weir::test {

namespace {

constexpr int tcx_ingress = 46;  // newer than Debian 12's headers
constexpr const char* reason_names[] = {
#define WEIR_WIRE(name, text) #name,
#include "weir/wire_reason.def"
#undef WEIR_WIRE
};

/// What precedes a frame on a packet socket with PACKET_VNET_HDR; linux/virtio_net.h is no C++.
struct VirtioHeader {
  std::uint8_t flags, gso_type;
  std::uint16_t header, gso_size, checksum_start, checksum_offset;
};

void shell(const std::string& command) { ASSERT_EQ(std::system(command.c_str()), 0) << command; }

void set_sysctl(const std::string& path, const char* value) {
  std::ofstream file("/proc/sys/" + path);
  file << value << std::flush;
  ASSERT_TRUE(file) << path;
}

// /proc/sys/net shows the namespace of the thread that opens it, so one /proc serves.
void build_network() {
  ASSERT_EQ(unshare(CLONE_NEWNET), 0) << "these tests need root: " << std::strerror(errno);
  shell("ip link set lo up");
  for (auto [far, near] : {std::pair{"client0", "lan0"}, {"origin0", "wan0"}}) {
    shell(std::string("ip link add ") + far + " type veth peer name " + near);
    // No router or neighbour discovery of their own: each packet on the wire is one that a test sent.
    set_sysctl(std::string("net/ipv6/conf/") + far + "/disable_ipv6", "1");
    set_sysctl(std::string("net/ipv6/conf/") + near + "/accept_dad", "0");
    set_sysctl(std::string("net/ipv6/conf/") + near + "/router_solicitations", "0");
    shell(std::string("ip link set ") + near + " addrgenmode none mtu 9000 up");
    shell(std::string("ip link set ") + far + " mtu 9000 arp off up");
    set_sysctl(std::string("net/ipv4/conf/") + near + "/rp_filter", "0");
  }
  set_sysctl("net/ipv4/conf/all/rp_filter", "0");
  set_sysctl("net/ipv4/ip_forward", "1");
  set_sysctl("net/ipv6/conf/all/forwarding", "1");
  set_sysctl("net/ipv4/tcp_early_demux", "0");
  shell("ip addr add 10.1.0.1/16 dev lan0 && ip -6 addr add 2001:db8:1::1/64 dev lan0 nodad");
  shell("ip addr add 10.2.0.1/16 dev wan0 && ip -6 addr add 2001:db8:2::1/64 dev wan0 nodad");
  shell(
      "ip neigh add 10.1.0.2 lladdr 02:00:00:00:00:01 dev lan0 && ip neigh add 10.2.0.2 lladdr 02:00:00:00:00:01 dev "
      "wan0");
  shell("ip -6 neigh add 2001:db8:1::2 lladdr 02:00:00:00:00:01 dev lan0");
  shell("ip -6 neigh add 2001:db8:2::2 lladdr 02:00:00:00:00:01 dev wan0");
  for (const char* family : {"ip", "ip -6"}) {
    shell(std::string(family) + " rule add fwmark 0x100000/0x100000 lookup 7745");
    shell(std::string(family) + " route add local default dev lo table 7745");
  }
}

constexpr int usual_backlog = 128;

int packet_socket(const char* interface) {
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
  sockaddr_ll at{};
  at.sll_family = AF_PACKET;
  at.sll_protocol = htons(ETH_P_ALL);
  at.sll_ifindex = static_cast<int>(if_nametoindex(interface));
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
  const int yes = 1;
  EXPECT_EQ(setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes), 0);
  return fd;
}

Octets mac_of(const char* interface) {
  ifreq request{};
  std::strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(ioctl(fd, SIOCGIFHWADDR, &request), 0);
  close(fd);
  const auto* mac = reinterpret_cast<std::uint8_t*>(request.ifr_hwaddr.sa_data);
  return Octets(mac, mac + 6);
}

int listener(int family, const char* address) {
  constexpr int ipv6_transparent = 75;
  const int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;
  const int transparent = family == AF_INET ? setsockopt(fd, SOL_IP, IP_TRANSPARENT, &yes, sizeof yes)
                                            : setsockopt(fd, SOL_IPV6, ipv6_transparent, &yes, sizeof yes);
  EXPECT_EQ(transparent, 0);
  EXPECT_EQ(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes), 0);
  sockaddr_storage at{};
  const socklen_t length = Endpoint{*Address::parse(address), 15001}.to(at);
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&at), length), 0) << std::strerror(errno);
  EXPECT_EQ(listen(fd, usual_backlog), 0);
  return fd;
}

Reasons difference(const steer::WireCounters& before, const steer::WireCounters& after) {
  Reasons counted;
  for (std::size_t reason = 0; reason < after.size(); ++reason)
    for (auto n = before[reason]; n < after[reason]; ++n) counted.insert(static_cast<weir_wire_reason>(reason));
  // Looking a socket up from tc runs the lookup program, too.
  counted.erase(WEIR_WIRE_lookup);
  return counted;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  out << "verdict " << outcome.verdict << " mark " << std::hex << outcome.mark << std::dec << ':';
  for (auto reason : outcome.counted) out << ' ' << reason_names[reason];
  return out;
}

Flow flow(std::string_view client, std::uint16_t client_port, std::string_view origin, std::uint16_t origin_port) {
  return {{*Address::parse(client), client_port}, {*Address::parse(origin), origin_port}};
}
Flow tls4(std::uint16_t port) { return flow("10.1.0.2", port, "10.2.0.2", 443); }
Flow tls6(std::uint16_t port) { return flow("2001:db8:1::2", port, "2001:db8:2::2", 443); }
Flow http4(std::uint16_t port) { return flow("10.1.0.2", port, "10.2.0.2", 80); }

policy::KernelPlan plan(const NameHasher& hash, std::uint32_t id) {
  policy::KernelPlan plan;
  plan.id = id;
  plan.clients = {{*Prefix::parse("10.1.0.0/16"), 1},
                  {*Prefix::parse("2001:db8:1::/48"), 1},
                  {*Prefix::parse("10.1.9.9"), WEIR_CLASS_exempt}};
  plan.dests = {{*Prefix::parse("10.3.0.0/16"), 1}, {*Prefix::parse("10.4.0.0/16"), 2}};
  for (std::uint16_t port : {80, 443})
    for (std::uint16_t dest : {0, 1, 2})
      for (std::uint16_t protocol : {IPPROTO_TCP, IPPROTO_UDP})
        plan.row_index.push_back({{1, dest, port, protocol}, dest + 1U});
  plan.rows = {{WEIR_CELL_escalate, WEIR_CELL_escalate, 0},
               {WEIR_CELL_escalate, WEIR_CELL_pass, 0},
               {WEIR_CELL_pass, WEIR_CELL_pass, 7},
               {WEIR_CELL_block, WEIR_CELL_block, 8}};
  plan.names = {{hash("blocked.example"), {1, 1}}, {hash("allowed.example"), {2, 0}}};
  plan.name_classes = 3;
  plan.cells = {0, 0, 0, WEIR_CELL_escalate, WEIR_CELL_block, WEIR_CELL_pass, 0, 0, 0, 0, 0, 0};
  return plan;
}

Lab::Shared* Lab::shared_ = nullptr;

steer::Settings Lab::settings() {
  return {.mark = base_mark,
          .workers = 1,
          .quic_reject = true,
          .http = {80},
          .tls = {443},
          .held_flows = 1024,
          .passed_flows = 1024,
          .hash_point = shared_->hash.point()};
}

// One gateway for all tests of the program: loading takes most of a second.
void Lab::SetUpTestSuite() {
  if (shared_) return;
  build_network();
  shared_ = new Shared;
  auto loaded = steer::Kernel::load(settings());
  ASSERT_TRUE(loaded) << loaded.error().what;
  shared_->kernel = std::move(*loaded);
  ASSERT_TRUE(shared_->kernel->tcx());
  ASSERT_TRUE(shared_->kernel->takeover());
  const char* names[] = {"lan0", "wan0"};
  for (int i : {lan_in, wan_in}) {
    const int index = shared_->links[i] = static_cast<int>(if_nametoindex(names[i]));
    ASSERT_TRUE(shared_->kernel->attach({.ifindex = index, .name = names[i], .link_header = 14, .lan = i != wan_in}));
    std::uint32_t flags = 0, ids[8] = {}, count = 8;
    ASSERT_EQ(bpf_prog_query(index, static_cast<bpf_attach_type>(tcx_ingress), 0, &flags, ids, &count), 0);
    ASSERT_EQ(count, 1U);
    shared_->programs[i] = bpf_prog_get_fd_by_id(ids[0]);
  }
  std::uint32_t maps[64];
  bpf_prog_info info{};
  std::uint32_t size = sizeof info;
  info.nr_map_ids = 64;
  info.map_ids = reinterpret_cast<std::uintptr_t>(maps);
  ASSERT_EQ(bpf_obj_get_info_by_fd(shared_->programs[lan_in], &info, &size), 0);
  for (std::uint32_t i = 0; i < info.nr_map_ids; ++i) {
    const int fd = bpf_map_get_fd_by_id(maps[i]);
    bpf_map_info about{};
    size = sizeof about;
    ASSERT_EQ(bpf_obj_get_info_by_fd(fd, &about, &size), 0);
    shared_->maps[about.name] = fd;
  }
  shared_->client = packet_socket("client0");
  shared_->origin = packet_socket("origin0");
  shared_->aggregates = packet_socket("client0");
  const int yes = 1;
  ASSERT_EQ(setsockopt(shared_->aggregates, SOL_PACKET, PACKET_VNET_HDR, &yes, sizeof yes), 0);
  shared_->gateway_mac[0] = mac_of("lan0");
  shared_->gateway_mac[1] = mac_of("wan0");
  shared_->listen4 = listener(AF_INET, "127.0.0.1");
  shared_->listen6 = listener(AF_INET6, "::1");
  ASSERT_TRUE(shared_->kernel->set_listeners(0, shared_->listen4, shared_->listen6));
  ASSERT_TRUE(shared_->kernel->set_local(
      {*Address::parse("10.1.0.1"), *Address::parse("10.2.0.1"), *Address::parse("2001:db8:1::1")}));
  ASSERT_TRUE(shared_->kernel->attach_lookup());
}

void Lab::SetUp() {
  ASSERT_TRUE(shared_ && shared_->kernel && shared_->listen6 >= 0) << "the gateway did not come up";
  clear_flows();
  ASSERT_TRUE(kernel().apply(settings()));
  ASSERT_TRUE(kernel().commit(plan(hasher())));
  restore_listeners();
  backlog(usual_backlog);
  alive();
  for (int fd; (fd = accept()) >= 0;) close(fd);
  at_client();
  events();
}

void Lab::alive(bool overloaded) {
  const std::uint32_t zero = 0;
  const weir_heartbeat beat{.beat_ns = ~0ULL, .overloaded = overloaded, .pad = 0};
  ASSERT_EQ(bpf_map_update_elem(map("heartbeat"), &zero, &beat, BPF_ANY), 0);
}

void Lab::clear_flows() {
  for (const char* name : {"held", "passed"}) {
    weir_flow_key key;
    while (bpf_map_get_next_key(map(name), nullptr, &key) == 0) bpf_map_delete_elem(map(name), &key);
  }
}

void Lab::restore_listeners() { ASSERT_TRUE(kernel().set_listeners(0, shared_->listen4, shared_->listen6)); }

void Lab::backlog(int most) {
  for (int fd : {shared_->listen4, shared_->listen6}) ASSERT_EQ(listen(fd, most), 0);
}

void Lab::closed() {
  auto changed = settings();
  changed.closed = true;
  ASSERT_TRUE(kernel().apply(changed));
}

Outcome Lab::run(Hook hook, const Packet& packet, std::uint32_t gso_size) {
  return run(hook, packet.frame(), gso_size);
}

Outcome Lab::run(Hook hook, const Octets& frame, std::uint32_t gso_size) {
  alive();
  return run_as_is(hook, frame, gso_size);
}

Outcome Lab::run_as_is(Hook hook, Octets frame, std::uint32_t gso_size) {
  if (frame[0] == 0) std::ranges::copy(shared_->gateway_mac[hook], frame.begin());  // unless a test sends it elsewhere
  const auto before = kernel().counters();
  __sk_buff context{};
  context.ifindex = static_cast<std::uint32_t>(ifindex(hook));
  context.gso_size = gso_size;
  LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(),
              .data_size_in = static_cast<std::uint32_t>(frame.size()), .ctx_in = &context, .ctx_out = &context,
              .ctx_size_in = sizeof context, .ctx_size_out = sizeof context);
  const int error = bpf_prog_test_run_opts(shared_->programs[hook], &options);
  EXPECT_EQ(error, 0) << std::strerror(-error) << ": a frame of " << frame.size();
  return {static_cast<int>(options.retval), context.mark, difference(before, kernel().counters())};
}

// veth hands a frame over in the softirq that ends the system call; a busy machine may leave it to ksoftirqd.
template <class Arrived>
Reasons Lab::transmit(int socket, const Octets& frame, Arrived arrived) {
  alive();
  const auto before = kernel().counters();
  EXPECT_EQ(::send(socket, frame.data(), frame.size(), 0), static_cast<ssize_t>(frame.size())) << std::strerror(errno);
  for (int tries = 0; tries < 500 && !arrived() && kernel().counters() == before; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return difference(before, kernel().counters());
}

Reasons Lab::send(const Packet& packet) {
  const Octets frame = Packet(packet).to_mac(shared_->gateway_mac[0]).frame();
  return transmit(shared_->client, frame, [] { return false; });
}

Reasons Lab::send_aggregate(const Packet& packet, std::uint16_t gso_size) {
  const Octets frame = Packet(packet).to_mac(shared_->gateway_mac[0]).frame();
  const bool v4 = frame[12] == 0x08;
  const std::size_t transport = 14 + (v4 ? 20 : 40);
  const VirtioHeader header{.flags = 1,  // the checksum is ours to compute
                            .gso_type = static_cast<std::uint8_t>(v4 ? 1 : 4),
                            .header = static_cast<std::uint16_t>(transport + (frame[transport + 12] >> 4) * 4U),
                            .gso_size = gso_size,
                            .checksum_start = static_cast<std::uint16_t>(transport),
                            .checksum_offset = 16};
  const auto* first = reinterpret_cast<const std::uint8_t*>(&header);
  Octets bytes(first, first + sizeof header);
  put(bytes, frame);
  return transmit(shared_->aggregates, bytes, [] { return false; });
}

Outcome Lab::reply(const Packet& packet) {
  const int wan = ifindex(wan_in);
  const weir_link link{.header = 14};
  bpf_map_delete_elem(map("links"), &wan);
  at_client();
  std::vector<Octets> frames;
  const auto arrived = [&] {
    frames = at_client();
    return !frames.empty();
  };
  const Octets frame = Packet(packet).to_mac(shared_->gateway_mac[1]).frame();
  const Reasons counted = transmit(shared_->origin, frame, arrived);
  EXPECT_TRUE(!frames.empty() || !counted.empty()) << "lost on its way";
  bpf_map_update_elem(map("links"), &wan, &link, BPF_ANY);
  return {frames.empty() ? dropped : next, 0, counted};
}

std::vector<Octets> Lab::at_client() {
  std::vector<Octets> frames;
  std::uint8_t buffer[65536];
  for (ssize_t got; (got = recv(shared_->client, buffer, sizeof buffer, 0)) > 14;)
    frames.emplace_back(buffer + 14, buffer + got);
  return frames;
}

void Lab::begin(const Flow& flow) {
  const Outcome began = run(lan_in, packet(flow).flags(syn).seq(1000).options(usual_options(100, 0)));
  ASSERT_TRUE(began.counted == Reasons{WEIR_WIRE_watched}) << began;
  reply(packet(flow).reply().flags(syn).seq(5000).acks(1001).options(usual_options(700, 100)));
  ASSERT_EQ(kernel().held(flow)->state, WEIR_HELD_synack);
}

Packet Lab::first(const Flow& flow, const Octets& bytes) {
  return packet(flow).flags(psh).seq(1001).acks(5001).options(timestamps(101, 700)).payload(bytes);
}

void Lab::put_held(const Flow& flow, const weir_held& held) {
  const weir_flow_key key = steer::key_of(flow);
  ASSERT_EQ(bpf_map_update_elem(map("held"), &key, &held, BPF_ANY), 0);
}

void Lab::put_passed(const Flow& flow, const weir_passed& passed) {
  const weir_flow_key key = steer::key_of(flow);
  ASSERT_EQ(bpf_map_update_elem(map("passed"), &key, &passed, BPF_ANY), 0);
}

std::vector<weir_event> Lab::events() {
  std::vector<weir_event> heard;
  kernel().drain(heard);
  return heard;
}

int Lab::accept() {
  for (int fd : {shared_->listen4, shared_->listen6})
    if (int accepted = accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC); accepted >= 0) return accepted;
  return -1;
}

}  // namespace weir::test
