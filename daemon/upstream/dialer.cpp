#include "upstream/dialer.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "io/deadline.h"
#include "io/loop.h"

namespace weir::upstream {

namespace {

using account::Dial;

/// Binds to the client's address, which is not ours: CAP_NET_ADMIN and a route that brings the answers back here.
bool bind_as_client(int fd, const Flow& flow, Dial from) {
  const bool v4 = flow.client.address.is_v4();
  const int on = 1;
  const int level = v4 ? SOL_IP : SOL_IPV6;
  if (setsockopt(fd, level, v4 ? IP_TRANSPARENT : IPV6_TRANSPARENT, &on, sizeof on) != 0) return false;

  Endpoint source = flow.client;
  if (from == Dial::same_port) {
    // The client's half of the connection has the same address and port on its other end; both may live.
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) return false;
  } else {
    // The port is chosen at connect, where only the whole tuple has to be free.
    source.port = 0;
    if (setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on) != 0) return false;
  }
  sockaddr_storage address;
  const socklen_t length = source.to(address);
  return bind(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0;
}

io::Task<Result<io::Tcp>> attempt(io::Loop& loop, const Flow& flow, Dial from, Duration timeout,
                                  account::Ledger& ledger) {
  const int family = flow.origin.address.is_v4() ? AF_INET : AF_INET6;
  Fd fd(socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) co_return fail_errno();
  if (from != Dial::gateway && !bind_as_client(fd.get(), flow, from)) co_return fail_errno(Errc::no_free_port);

  Result<io::Tcp> tcp = io::Tcp::adopt(loop, std::move(fd));
  if (!tcp) co_return std::unexpected(tcp.error());
  io::Deadline deadline(loop.wheel(), *tcp, timeout);
  const Monotonic begun = std::chrono::steady_clock::now();
  if (const auto connected = co_await tcp->connect(flow.origin); !connected) {
    Error error = connected.error();
    if (error == Errc::timed_out) error.code = Errc::origin_timeout;
    if (error == Errc::reset) error.code = Errc::origin_refused;
    const bool silent = error == Errc::origin_timeout || error == Errc::origin_unreachable;
    if (silent) ledger.silent(flow.origin.address, begun);
    if (error == Errc::origin_refused) ledger.answered(flow.origin.address, loop.now());
    co_return std::unexpected(error);
  }
  ledger.answered(flow.origin.address, loop.now());
  ledger.timings().add(account::Span::origin_held, loop.now() - begun);
  co_return std::move(*tcp);
}

}  // namespace

io::Task<Result<io::Tcp>> Dialer::dial(Flow flow) {
  for (Dial from = as_client(flow) ? Dial::same_port : Dial::gateway;;) {
    Result<io::Tcp> tcp = co_await attempt(loop_, flow, from, policy_.timeout, ledger_);
    if (tcp) ledger_.dialled(from);
    if (tcp || tcp.error() != Errc::no_free_port || from == Dial::gateway) co_return tcp;
    from = from == Dial::same_port ? Dial::other_port : Dial::gateway;
  }
}

io::Task<Result<Endpoint>> Dialer::instead(Flow flow, std::string_view name) {
  const auto answer = co_await resolver_.addresses(name);
  if (!answer) co_return std::unexpected(answer.error());
  const auto same_family = [&](const Address& a) { return a.is_v4() == flow.client.address.is_v4(); };
  const auto found = std::ranges::find_if(answer->addresses, same_family);
  const Address& chosen = found == answer->addresses.end() ? answer->addresses.front() : *found;
  co_return Endpoint{chosen, flow.origin.port};
}

bool quiet(const io::Tcp& tcp) {
  char octet;
  return recv(tcp.fd(), &octet, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace weir::upstream
