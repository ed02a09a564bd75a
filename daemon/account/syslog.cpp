#include "account/syslog.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "account/json.h"

namespace weir::account {

using namespace std::chrono_literals;

namespace {

constexpr int facility = 3;  // daemon
constexpr int connect_ms = 2000;
/// A collector that is not there answers some datagrams and not others: its error holds for so long.
constexpr Duration calm = 10s;

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

int errno_of(int failure) { return failure == EAI_SYSTEM ? errno : failure == EAI_AGAIN ? EAGAIN : EHOSTUNREACH; }

/// Waits for a connection at most `connect_ms`.  0 or errno.
int connect_within(int socket, const addrinfo& to) {
  if (::connect(socket, to.ai_addr, to.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd ask{.fd = socket, .events = POLLOUT, .revents = 0};
  if (::poll(&ask, 1, connect_ms) != 1) return ETIMEDOUT;
  int error = 0;
  socklen_t length = sizeof error;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length);
  return error;
}

Fd connect_to(const addrinfo& to) {
  Fd socket(::socket(to.ai_family, to.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return {};
  if (const int failed = connect_within(socket.get(), to); failed != 0) {
    socket.reset();
    errno = failed;
    return {};
  }
  return socket;
}

std::string own_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' ? name : "-";
}

/// Whether the collector has closed: it never says anything.
bool has_ended(int socket) {
  char byte;
  const ssize_t n = ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

}  // namespace

std::string syslog_message(const Message& message, const Speaker& speaker) {
  std::string_view text = message.text;
  if (text.ends_with('\n')) text.remove_suffix(1);
  std::string out = '<' + std::to_string(facility * 8 + static_cast<int>(message.severity)) + ">1 " +
                    rfc3339(message.ts) + ' ' + speaker.host + " weir " + std::to_string(speaker.process) + ' ' +
                    speaker.kind + " - ";
  out.append(text.substr(0, longest_syslog - std::min(longest_syslog, out.size())));
  return out;
}

std::unique_ptr<Syslog> Syslog::open(const Collector& collector, std::string_view kind) {
  addrinfo hints{};
  hints.ai_socktype = collector.tcp ? SOCK_STREAM : SOCK_DGRAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(collector.place.port);
  if (const int failed = ::getaddrinfo(collector.place.host.c_str(), port.c_str(), &hints, &found); failed != 0) {
    errno = errno_of(failed);
    return nullptr;
  }
  const Addresses addresses(found, freeaddrinfo);
  Fd socket;
  for (const addrinfo* to = found; to != nullptr && !socket; to = to->ai_next) socket = connect_to(*to);
  if (!socket) return nullptr;
  return std::unique_ptr<Syslog>(
      new Syslog(std::move(socket), collector.tcp, {own_name(), static_cast<int>(::getpid()), std::string(kind)}));
}

Target::Written Syslog::write(std::span<const Message> messages) {
  return tcp_ ? write_stream(messages) : write_datagrams(messages);
}

/// What comes back for one datagram is told at the next; that one has not been sent then.
Target::Written Syslog::write_datagrams(std::span<const Message> messages) {
  const auto now = std::chrono::steady_clock::now();
  Written written;
  for (const Message& message : messages) {
    const std::string text = syslog_message(message, speaker_);
    ssize_t sent = -1;
    for (int tries = 0; tries < 2 && sent < 0; ++tries) {
      sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent >= 0) break;
      if (errno == EAGAIN) {
        pollfd room{.fd = socket_.get(), .events = POLLOUT, .revents = 0};
        ::poll(&room, 1, connect_ms);
        continue;
      }
      refused_ = errno;
      refused_at_ = now;
    }
    written.messages += sent >= 0;
  }
  if (refused_ != 0 && now - refused_at_ > calm) refused_ = 0;
  written.error = refused_;
  return written;
}

Target::Written Syslog::write_stream(std::span<const Message> messages) {
  Written written;
  const auto give_up = [&](int error) {
    written.error = error;
    written.reopen = true;
    return written;
  };
  if (has_ended(socket_.get())) return give_up(ECONNRESET);
  for (const Message& message : messages) {
    const std::string text = syslog_message(message, speaker_);
    const std::string frame = std::to_string(text.size()) + ' ' + text;
    for (std::size_t done = 0; done < frame.size();) {
      const ssize_t n = ::send(socket_.get(), frame.data() + done, frame.size() - done, MSG_NOSIGNAL);
      if (n >= 0) {
        done += static_cast<std::size_t>(n);
        continue;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return give_up(errno);
      pollfd room{.fd = socket_.get(), .events = POLLOUT, .revents = 0};
      // A frame that was begun and cannot be ended spoils the connection.
      if (::poll(&room, 1, connect_ms) != 1) return give_up(ETIMEDOUT);
    }
    ++written.messages;
  }
  return written;
}

}  // namespace weir::account
