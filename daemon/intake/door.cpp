#include "intake/door.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "steer/neighbour.h"

namespace weir::intake {
namespace {

constexpr int ipv6_transparent = 75;
constexpr int backlog = 4096;  // the host's somaxconn is the ceiling

bool enable(int fd, int level, int option) {
  int on = 1;
  return setsockopt(fd, level, option, &on, sizeof on) == 0;
}

Result<Fd> listen_on_loopback(int family) {
  Fd fd(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!fd) return fail_errno();
  const bool v4 = family == AF_INET;
  const Address loopback = v4 ? Address::v4(INADDR_LOOPBACK) : Address::v6(in6addr_loopback);
  sockaddr_storage at{};
  const socklen_t length = Endpoint{loopback, 0}.to(at);
  if ((v4 ? !enable(fd.get(), SOL_IP, IP_TRANSPARENT)
          : !enable(fd.get(), SOL_IPV6, IPV6_V6ONLY) || !enable(fd.get(), SOL_IPV6, ipv6_transparent)) ||
      bind(fd.get(), reinterpret_cast<sockaddr*>(&at), length) || listen(fd.get(), backlog))
    return fail_errno();
  return fd;
}

std::uint16_t port_of(int fd) {
  sockaddr_storage at{};
  socklen_t length = sizeof at;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&at), &length)) return 0;
  auto endpoint = Endpoint::from(at);
  return endpoint ? endpoint->port : 0;
}

/// From which device a connection comes: as the programs saw it, else as the host itself would reach the client.
std::optional<Mac> device_of(const Flow& flow, const std::optional<weir_held>& taken, const steer::Kernel& kernel) {
  if (taken) return steer::mac_of(taken->mac);
  if (const auto seen = kernel.take_arriving(flow)) return steer::mac_of(*seen);
  return steer::neighbour_of(flow.client.address);
}

}  // namespace

Result<Door> Door::open(io::Loop& loop) {
  auto fd4 = listen_on_loopback(AF_INET);
  if (!fd4) return std::unexpected(fd4.error());
  const std::uint16_t port4 = port_of(fd4->get());
  auto v4 = io::Listener::adopt(loop, std::move(*fd4));
  if (!v4) return std::unexpected(v4.error());
  Door door(loop, std::move(*v4));
  door.port_v4_ = port4;

  auto fd6 = listen_on_loopback(AF_INET6);
  if (!fd6) return door;
  door.port_v6_ = port_of(fd6->get());
  auto v6 = io::Listener::adopt(loop, std::move(*fd6));
  if (!v6) return std::unexpected(v6.error());
  door.v6_ = std::move(*v6);
  return door;
}

io::Task<Result<Arrival>> Door::next(bool v6, const steer::Kernel& kernel) {
  for (;;) {
    auto accepted = co_await (v6 ? *v6_ : v4_).accept();
    if (!accepted) co_return std::unexpected(accepted.error());
    if (accepted->local.address.is_loopback()) continue;  // the listener itself: a loop

    Flow flow{.client = accepted->peer, .origin = accepted->local};
    auto client = io::Tcp::adopt(*loop_, std::move(accepted->socket));
    if (!client) continue;  // out of descriptors in the event loop: this one connection ends with its socket
    auto held = kernel.held(flow);
    if (held && held->state != WEIR_HELD_taken) held.reset();
    flow.mac = device_of(flow, held, kernel);
    co_return Arrival{.client = std::move(*client), .flow = flow, .taken = held};
  }
}

bool Door::is_crowded() const {
  for (const int fd : {v4(), v6()}) {
    tcp_info info{};
    socklen_t length = sizeof info;
    if (fd < 0 || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length)) continue;
    const auto waiting = info.tcpi_unacked, room = info.tcpi_sacked;  // of a listener
    if (waiting + room / 4 >= room) return true;
  }
  return false;
}

void Door::close() {
  v4_.close();
  if (v6_) v6_->close();
}

}  // namespace weir::intake
