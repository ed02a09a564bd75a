#include "io/listener.h"

#include <sys/socket.h>

#include <cerrno>

#include "io/loop.h"

namespace weir::io {

namespace {

class Accept : public SourceWait {
 public:
  explicit Accept(Source& listening) : SourceWait(listening, Way::in) {}
  /// The socket, or errno below zero.
  Result<int> await_resume() const {
    if (error()) return std::unexpected(*error());
    return outcome_;
  }
  const sockaddr_storage& peer() const { return peer_; }

 private:
  bool attempt() override {
    socklen_t size = sizeof peer_;
    const int fd = ::accept4(source().fd(), reinterpret_cast<sockaddr*>(&peer_), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    outcome_ = fd >= 0 ? fd : -errno;
    return outcome_ != -EAGAIN;
  }

  sockaddr_storage peer_{};
  int outcome_ = 0;
};

// Linux hands an error that waits on the new connection to accept(): that connection is gone, the listener is well.
// EPERM is a firewall's refusal of one connection.
bool died_in_queue(int number) {
  switch (number) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM: return true;
    default: return false;
  }
}

bool exhausted(int number) { return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM; }

constexpr Duration rest = std::chrono::milliseconds(50);

}  // namespace

Result<Listener> Listener::adopt(Loop& loop, Fd listening) {
  Result<Tcp> socket = Tcp::adopt(loop, std::move(listening));
  if (!socket) return std::unexpected(socket.error());
  return Listener(std::move(*socket));
}

Task<Result<Accepted>> Listener::accept() {
  for (;;) {
    Accept next(socket_.source());
    const Result<int> outcome = co_await next;
    if (!outcome) co_return std::unexpected(outcome.error());
    if (*outcome < 0) {
      const int number = -*outcome;
      if (died_in_queue(number)) continue;
      if (!exhausted(number)) co_return fail(Errc::system, {number, std::system_category()});
      ++rests_;
      if (const auto rested = co_await sleep(socket_.loop().wheel(), rest); !rested) {
        co_return std::unexpected(rested.error());
      }
      continue;
    }
    Fd socket(*outcome);
    sockaddr_storage local{};
    socklen_t size = sizeof local;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&local), &size) != 0) continue;
    const std::optional<Endpoint> from = Endpoint::from(next.peer());
    const std::optional<Endpoint> to = Endpoint::from(local);
    if (from && to) co_return Accepted{std::move(socket), *from, *to};
  }
}

}  // namespace weir::io
