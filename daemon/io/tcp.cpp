#include "io/tcp.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "io/deadline.h"
#include "io/loop.h"

namespace weir::io {

namespace {

Error error_of(int number) {
  const std::error_code cause(number, std::system_category());
  switch (number) {
    case ECONNRESET:
    case EPIPE: return {Errc::reset, cause};
    case ETIMEDOUT: return {Errc::timed_out, cause};
    case ECONNREFUSED: return {Errc::origin_refused, cause};
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETUNREACH:
    case ENETDOWN: return {Errc::origin_unreachable, cause};
    case EADDRNOTAVAIL: return {Errc::no_free_port, cause};
    default: return {Errc::system, cause};
  }
}

bool would_block(int number) { return number == EAGAIN || number == EWOULDBLOCK; }

short poll_now(int fd, short events) {
  pollfd ask{fd, events, 0};
  return ::poll(&ask, 1, 0) > 0 ? ask.revents : short{0};
}

// The error that waits in the socket; it is told once.
int take_error(int fd) {
  int number = 0;
  socklen_t size = sizeof number;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size) == 0 ? number : errno;
}

template <class Call>
ssize_t uninterrupted(Call call) {
  ssize_t n = 0;
  do n = call();
  while (n < 0 && errno == EINTR);
  return n;
}

}  // namespace

bool SourceWait::fail_by(int number) {
  source().broken_by(number);
  fail_with(error_of(number));
  return true;
}

// --- operations -----------------------------------------------------------------------------------------------------

bool Read::attempt() {
  const ssize_t n = uninterrupted([&] { return ::recv(source().fd(), into_.data(), into_.size(), 0); });
  if (n == 0 && source().broken_by() != 0) return fail_by(source().broken_by());
  if (n >= 0) {
    got_ = static_cast<std::size_t>(n);
    return true;
  }
  if (would_block(errno)) return false;
  return fail_by(errno);
}

Result<std::size_t> Read::await_resume() const {
  if (error()) return std::unexpected(*error());
  return got_;
}

Write::Write(Source& to, std::span<const Bytes> from) : SourceWait(to, Way::out) {
  for (Bytes bytes : from) {
    if (bytes.empty()) continue;
    if (count_ == most_spans) std::abort();  // the caller's bug: bytes would be lost in silence
    rest_[count_++] = {const_cast<std::byte*>(bytes.data()), bytes.size()};
  }
}

bool Write::attempt() {
  if (first_ == count_) return true;
  msghdr message{};
  message.msg_iov = &rest_[first_];
  message.msg_iovlen = count_ - first_;
  const ssize_t n = uninterrupted([&] { return ::sendmsg(source().fd(), &message, MSG_NOSIGNAL); });
  if (n < 0) {
    if (would_block(errno)) return false;
    return fail_by(errno);
  }
  auto sent = static_cast<std::size_t>(n);
  while (first_ < count_ && sent >= rest_[first_].iov_len) sent -= rest_[first_++].iov_len;
  if (first_ == count_) return true;
  rest_[first_].iov_base = static_cast<std::byte*>(rest_[first_].iov_base) + sent;
  rest_[first_].iov_len -= sent;
  return false;  // the socket is full, or the wait ends at once
}

Result<void> Write::await_resume() const {
  if (error()) return std::unexpected(*error());
  return {};
}

bool Peek::attempt() {
  const int fd = source().fd();
  const auto look = [&] { return uninterrupted([&] { return ::recv(fd, into_.data(), into_.size(), MSG_PEEK); }); };
  ssize_t n = look();
  if (n < 0 && would_block(errno)) return false;
  if (n > 0 && static_cast<std::size_t>(n) <= seen_ && into_.size() > seen_) {
    // Nothing new yet.  FIN and RST show only in poll(): bytes that are there hide both from recv().
    const short state = poll_now(fd, POLLRDHUP);
    if ((state & POLLERR) != 0) {
      const int number = take_error(fd);
      return fail_by(number != 0 ? number : ECONNRESET);  // 0: another operation was told
    }
    if ((state & POLLRDHUP) == 0) return !low_water(static_cast<int>(seen_) + 1);
    peeked_.ended = true;
    n = look();  // bytes may have come in front of the FIN since
  }
  if (n < 0) {
    return fail_by(errno);
  }
  if (n == 0 && source().broken_by() != 0) return fail_by(source().broken_by());
  if (n == 0) peeked_.ended = true;
  peeked_.bytes = into_.first(static_cast<std::size_t>(n));
  return true;
}

// False, and the operation has failed, when the kernel refuses.
bool Peek::low_water(int bytes) {
  raised_ = bytes > 1;
  if (::setsockopt(source().fd(), SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes) == 0) return true;
  fail_with(error_of(errno));
  return false;
}

Result<Peeked> Peek::await_resume() {
  if (raised_) low_water(1);
  if (error()) return std::unexpected(*error());
  return peeked_;
}

Result<void> Ready::await_resume() const {
  if (error()) return std::unexpected(*error());
  return {};
}

bool Connect::attempt() {
  const int fd = source().fd();
  if (!begun_) {
    sockaddr_storage address;
    const socklen_t size = to_.to(address);
    begun_ = true;
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0) return true;
    if (errno == EINPROGRESS || errno == EINTR) return false;
    return fail_by(errno);
  }
  if (poll_now(fd, POLLOUT) == 0) return false;
  if (const int number = take_error(fd); number != 0) fail_with(error_of(number));
  return true;
}

Result<void> Connect::await_resume() const {
  if (error()) return std::unexpected(*error());
  return {};
}

// --- Tcp ------------------------------------------------------------------------------------------------------------

Result<Tcp> Tcp::adopt(Loop& loop, Fd socket) {
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // not all stream sockets are TCP: no error
  Result<Source*> source = Source::make(loop, std::move(socket));
  if (!source) return std::unexpected(source.error());
  return Tcp(**source);
}

Tcp& Tcp::operator=(Tcp&& other) noexcept {
  if (this == &other) return *this;
  close();
  source_ = std::exchange(other.source_, nullptr);
  return *this;
}

Result<void> Tcp::shutdown_send() {
  if (::shutdown(fd(), SHUT_WR) == 0) return {};
  return std::unexpected(errno == ENOTCONN ? Error{Errc::reset, {errno, std::system_category()}} : error_of(errno));
}

void Tcp::reset() {
  if (source_ == nullptr) return;
  const linger now{1, 0};
  ::setsockopt(fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

void Tcp::close() {
  if (source_ == nullptr) return;
  source_->close();
  std::exchange(source_, nullptr)->release();
}

bool Tcp::broken() const { return (poll_now(fd(), 0) & POLLERR) != 0; }

Result<Endpoint> Tcp::local() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return std::unexpected(error_of(errno));
  const std::optional<Endpoint> endpoint = Endpoint::from(address);
  if (!endpoint) return fail(Errc::system, std::make_error_code(std::errc::address_family_not_supported));
  return *endpoint;
}

Result<Endpoint> Tcp::peer() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return std::unexpected(error_of(errno));
  const std::optional<Endpoint> endpoint = Endpoint::from(address);
  if (!endpoint) return fail(Errc::system, std::make_error_code(std::errc::address_family_not_supported));
  return *endpoint;
}

Task<void> drain_and_close(Tcp stream, Wheel& wheel, Duration time, std::size_t bytes) {
  if (!stream.shutdown_send()) co_return;
  Deadline deadline(wheel, stream, time);
  while (bytes > 0) {
    if (auto ready = co_await stream.readable(); !ready) break;
    const ssize_t n = ::recv(stream.fd(), nullptr, bytes, MSG_TRUNC);  // TCP: discards without copying
    if (n == 0 || (n < 0 && !would_block(errno) && errno != EINTR)) break;
    if (n > 0) bytes -= static_cast<std::size_t>(n);
  }
}

// --- Select ---------------------------------------------------------------------------------------------------------

Select::Select(Tcp& a, unsigned want_a, Tcp& b, unsigned want_b) {
  want(want_a, *a.source_, ready_.a, &arms_[0]);
  want(want_b, *b.source_, ready_.b, &arms_[ways]);
}

void Select::want(unsigned wanted, Source& source, unsigned& ready, Arm* arms) {
  for (int way = 0; way < ways; ++way) {
    if ((wanted >> way & 1U) == 0) continue;
    arms[way].owner_ = this;
    arms[way].source_ = &source;
    arms[way].way_ = static_cast<Way>(way);
    arms[way].ready_ = &ready;
  }
}

void Select::Arm::fired() {
  *ready_ |= 1U << static_cast<unsigned>(way_);
  owner_->withdraw();
  owner_->wake();
}

void Select::Arm::cancelled(Errc why) { owner_->cancel(why); }

bool Select::begin() {
  for (Arm& arm : arms_) {
    if (arm.owner_ == nullptr || !arm.source_->overdue()) continue;
    fail_with(Error{Errc::timed_out});
    return true;
  }
  for (Arm& arm : arms_) {
    if (arm.owner_ != nullptr) arm.source_->wait(arm);
  }
  return false;
}

void Select::withdraw() {
  for (Arm& arm : arms_) {
    if (arm.owner_ != nullptr) arm.source_->forget(arm);
  }
}

Result<Readiness> Select::await_resume() const {
  if (error()) return std::unexpected(*error());
  return ready_;
}

}  // namespace weir::io
