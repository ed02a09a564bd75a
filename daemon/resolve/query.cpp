#include "resolve/query.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>

namespace weir::resolve {

namespace {

/// Once a process, before anything else of c-ares.
int start_library() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  return status;
}

std::vector<ares_addr_port_node> nodes_of(std::span<const Endpoint> servers) {
  std::vector<ares_addr_port_node> nodes(servers.size());
  for (std::size_t i = 0; i < servers.size(); ++i) {
    ares_addr_port_node& node = nodes[i];
    const Address& address = servers[i].address;
    node.next = i + 1 < nodes.size() ? &nodes[i + 1] : nullptr;
    node.family = address.is_v4() ? AF_INET : AF_INET6;
    node.udp_port = node.tcp_port = servers[i].port;
    if (address.is_v4()) {
      node.addr.addr4.s_addr = htonl(address.v4_host_order());
    } else {
      std::memcpy(&node.addr.addr6, address.octets.data(), address.octets.size());
    }
  }
  return nodes;
}

int milliseconds(Duration d) {
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(d).count());
}

Errc errc_of(int status) {
  switch (status) {
    case ARES_ENODATA:    // the name exists, without addresses of this family
    case ARES_ENOTFOUND:  // NXDOMAIN
    case ARES_EBADNAME: return Errc::name_unknown;
    case ARES_ETIMEOUT: return Errc::resolver_timeout;
    case ARES_EDESTRUCTION: return Errc::stopped;
    default: return Errc::resolver_failed;
  }
}

/// The question for one family, and its end.
struct Question {
  Family family;
  std::optional<Result<Reply>> reply;
};

class Channel {
 public:
  Channel(io::Descriptors& sockets, const Options& options);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel() {
    if (channel_ != nullptr) ares_destroy(channel_);  // ends what is still asked
  }

  void ask(const std::string& name);
  bool ended() const { return v4_.reply && v6_.reply; }
  /// Until c-ares wants to look at its clock; never zero, which would mean for ever.
  Duration patience() const;
  void go_on(std::span<const io::Descriptors::Ready> ready);
  /// Only when it has ended.
  Replies take() { return {.v4 = std::move(*v4_.reply), .v6 = std::move(*v6_.reply)}; }

 private:
  static void waits(void* sockets, ares_socket_t fd, int in, int out);
  static void replied(void* question, int status, int timeouts, unsigned char* bytes, int size);

  ares_channel channel_ = nullptr;
  Question v4_{.family = Family::v4, .reply = {}};
  Question v6_{.family = Family::v6, .reply = {}};
};

// Without EDNS: to a server that refuses it this c-ares asks again without it for one of two questions only.  What does
// not fit 512 bytes comes by TCP.
Channel::Channel(io::Descriptors& sockets, const Options& options) {
  ares_options wanted{};
  wanted.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
  wanted.timeout = milliseconds(options.timeout);
  wanted.tries = static_cast<int>(options.tries);
  wanted.udp_port = wanted.tcp_port = options.port;
  wanted.sock_state_cb = waits;
  wanted.sock_state_cb_data = &sockets;
  char network_only[] = "b";
  wanted.lookups = network_only;
  std::string path = options.resolv_conf;
  wanted.resolvconf_path = path.data();
  const int given = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_UDP_PORT | ARES_OPT_TCP_PORT |
                    ARES_OPT_SOCK_STATE_CB | ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS | ARES_OPT_RESOLVCONF;
  if (start_library() != ARES_SUCCESS || ares_init_options(&channel_, &wanted, given) != ARES_SUCCESS) {
    channel_ = nullptr;
    return;
  }
  if (options.servers.empty()) return;
  std::vector<ares_addr_port_node> servers = nodes_of(options.servers);
  if (ares_set_servers_ports(channel_, servers.data()) == ARES_SUCCESS) return;
  ares_destroy(std::exchange(channel_, nullptr));  // never ask others than those that were named
}

void Channel::ask(const std::string& name) {
  if (channel_ == nullptr) {  // no memory
    v4_.reply = v6_.reply = fail(Errc::resolver_failed);
    return;
  }
  ares_query(channel_, name.c_str(), C_IN, T_A, replied, &v4_);
  ares_query(channel_, name.c_str(), C_IN, T_AAAA, replied, &v6_);
}

Duration Channel::patience() const {
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) == nullptr) return Duration(1);
  return std::max(std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec) + Duration(0),
                  Duration(1));
}

void Channel::go_on(std::span<const io::Descriptors::Ready> ready) {
  if (ready.empty()) return ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  for (const auto& [fd, in, out] : ready) {
    ares_process_fd(channel_, in ? fd : ARES_SOCKET_BAD, out ? fd : ARES_SOCKET_BAD);
  }
}

// A socket that the kernel refuses to watch is one whose server keeps silent: c-ares counts the time.
void Channel::waits(void* sockets, ares_socket_t fd, int in, int out) {
  (void)static_cast<io::Descriptors*>(sockets)->want(fd, in != 0, out != 0);
}

void Channel::replied(void* question, int status, int /*timeouts*/, unsigned char* bytes, int size) {
  auto& asked = *static_cast<Question*>(question);
  if (status == ARES_SUCCESS) {
    asked.reply = read_reply(asked.family, std::as_bytes(std::span(bytes, static_cast<std::size_t>(size))));
  } else {
    asked.reply = fail(errc_of(status));
  }
}

}  // namespace

io::Task<Replies> query(io::Descriptors& sockets, const std::string& name, const Options& options) {
  Channel channel(sockets, options);
  channel.ask(name);
  while (!channel.ended()) {
    const auto ready = co_await sockets.ready(channel.patience());
    if (!ready && ready.error() != Errc::timed_out) {
      co_return Replies{.v4 = fail(Errc::stopped), .v6 = fail(Errc::stopped)};
    }
    channel.go_on(ready ? *ready : std::span<const io::Descriptors::Ready>());
  }
  co_return channel.take();
}

}  // namespace weir::resolve
