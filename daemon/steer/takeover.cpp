// TCP_REPAIR (tcp(7)): a socket in repair mode takes sequence numbers, options and windows as they are told, connects
// without a packet, and is an ordinary socket once repair ends.
#include "steer/takeover.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "steer/destroy.h"

namespace weir::steer {
namespace {

constexpr int ipv6_transparent = 75;
constexpr int repair_on = 1, repair_off_without_probe = -1;  // TCP_REPAIR_OFF_NO_WP

bool set(int fd, int level, int option, int value) { return setsockopt(fd, level, option, &value, sizeof value) == 0; }

bool set_sequence(int fd, int queue, std::uint32_t sequence) {
  return set(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, queue) &&
         setsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &sequence, sizeof sequence) == 0;
}

/// What both SYNs agreed on; windows the origin sends are scaled by its factor, ours by the client's.
bool set_options(int fd, const weir_held& held) {
  std::array<tcp_repair_opt, 4> options;
  std::size_t count = 0;
  const int both = held.client.options & held.origin.options;
  options[count++] = {2, held.origin.mss};
  if (both & WEIR_OPTION_wscale)
    options[count++] = {3, held.origin.wscale | static_cast<std::uint32_t>(held.client.wscale) << 16};
  if (both & WEIR_OPTION_sack) options[count++] = {4, 0};
  if (both & WEIR_OPTION_timestamp) options[count++] = {8, 0};
  if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_OPTIONS, options.data(), count * sizeof options[0])) return false;
  if (!(both & WEIR_OPTION_timestamp)) return true;
  // Our clock goes on with the client's, not ahead of it: its next connection on these ports would come from the past
  // (RFC 7323 §5).  Bit 0 of the value would select microseconds on new kernels.
  return set(fd, IPPROTO_TCP, TCP_TIMESTAMP, static_cast<int>((held.client.tsval + 1) & ~1U));
}

Result<Fd> repair(const Flow& flow, const weir_held& held) {
  sockaddr_storage client{}, origin{};
  const socklen_t client_length = flow.client.to(client), origin_length = flow.origin.to(origin);
  Fd fd(socket(client.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!fd) return fail_errno();
  const bool transparent = client.ss_family == AF_INET ? set(fd.get(), SOL_IP, IP_TRANSPARENT, 1)
                                                       : set(fd.get(), SOL_IPV6, ipv6_transparent, 1);
  const tcp_repair_window window{.snd_wl1 = held.take_ack - 1,
                                 .snd_wnd = held.origin.window,
                                 .max_window = held.origin.window,
                                 .rcv_wnd = 65535,
                                 .rcv_wup = held.take_ack};
  if (!transparent || !set(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1) ||
      !set(fd.get(), IPPROTO_TCP, TCP_REPAIR, repair_on) || !set_sequence(fd.get(), TCP_SEND_QUEUE, held.take_seq) ||
      !set_sequence(fd.get(), TCP_RECV_QUEUE, held.take_ack) ||
      bind(fd.get(), reinterpret_cast<sockaddr*>(&client), client_length) ||
      connect(fd.get(), reinterpret_cast<sockaddr*>(&origin), origin_length) || !set_options(fd.get(), held) ||
      setsockopt(fd.get(), IPPROTO_TCP, TCP_REPAIR_WINDOW, &window, sizeof window) ||
      !set(fd.get(), IPPROTO_TCP, TCP_REPAIR_QUEUE, TCP_NO_QUEUE) ||
      !set(fd.get(), IPPROTO_TCP, TCP_REPAIR, repair_off_without_probe))
    return fail_errno();
  set(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  return fd;
}

}  // namespace

Result<Fd> adopt_origin(const Flow& flow, const weir_held& held) {
  auto leg = repair(flow, held);
  if (leg || leg.error().cause != std::errc::address_not_available) return leg;
  if (auto destroyer = Destroyer::open()) destroyer->destroy(flow.client, flow.origin);
  return repair(flow, held);
}

}  // namespace weir::steer
