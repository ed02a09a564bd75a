#include "account/journal.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace weir::account {

namespace {

constexpr timeval patience{.tv_sec = 1, .tv_usec = 0};

/// A value of one line stands behind "="; any other behind its length, 64 bits little-endian.
void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  if (value.find('\n') == value.npos) {
    out.append("=").append(value).append("\n");
    return;
  }
  out += '\n';
  for (std::uint64_t size = value.size(), i = 0; i < 8; ++i) out += static_cast<char>(size >> (8 * i));
  out.append(value).append("\n");
}

}  // namespace

std::string journal_datagram(const Message& message, std::string_view identifier) {
  std::string_view text = message.text;
  if (text.ends_with('\n')) text.remove_suffix(1);
  std::string out;
  append_field(out, "MESSAGE", text);
  append_field(out, "PRIORITY", std::to_string(static_cast<int>(message.severity)));
  append_field(out, "SYSLOG_IDENTIFIER", identifier);
  for (const auto& [name, value] : message.fields) append_field(out, name, value);
  return out;
}

std::unique_ptr<Journal> Journal::open(const std::string& socket, std::string_view kind) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return nullptr;
  }
  std::memcpy(address.sun_path, socket.data(), socket.size());
  Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return nullptr;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return std::unique_ptr<Journal>(new Journal(std::move(fd), "weir-" + std::string(kind)));
}

Target::Written Journal::write(std::span<const Message> messages) {
  Written written;
  for (const Message& message : messages) {
    const std::string datagram = journal_datagram(message, identifier_);
    ssize_t sent = 0;
    do sent = ::send(socket_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0) {
      written.error = errno;
      // A line that is too large for any datagram is lost alone; else nobody reads, and the next one would wait as
      // long.
      if (errno == EMSGSIZE) continue;
      written.reopen = true;
      return written;
    }
    ++written.messages;
  }
  return written;
}

}  // namespace weir::account
