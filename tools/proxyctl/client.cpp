#include "proxyctl/client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>

#include "base/fd.h"
#include "http/body.h"
#include "http/h1_decode.h"

namespace weir::proxyctl {

namespace {

using Why = Unanswered::Why;

std::error_code last_error() { return {errno, std::generic_category()}; }

/// A wait that came to its end.
Why failure(const std::error_code& cause) {
  return cause == std::errc::resource_unavailable_try_again ? Why::silent : Why::broken;
}

std::expected<Fd, Unanswered> dial(const std::string& path, std::chrono::seconds patience) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return std::unexpected(Unanswered{Why::broken, path, std::make_error_code(std::errc::filename_too_long)});
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return std::unexpected(Unanswered{Why::broken, path, last_error()});

  const timeval limit{.tv_sec = patience.count(), .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return socket;

  Why why = errno == ENOENT || errno == ECONNREFUSED ? Why::not_running
            : errno == EACCES || errno == EPERM      ? Why::not_allowed
                                                     : failure(last_error());
  return std::unexpected(Unanswered{why, path, last_error()});
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// Everything until the daemon closes, which is how the one answer of a connection ends.
std::expected<std::string, std::error_code> receive_all(int socket) {
  std::string all;
  for (;;) {
    char buffer[16 << 10];
    ssize_t n = ::recv(socket, buffer, sizeof buffer, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(last_error());
    if (n == 0) return all;
    all.append(buffer, static_cast<std::size_t>(n));
  }
}

/// Empty when it is not one whole response.
std::optional<Answer> decode(std::string& bytes) {
  http::Response head;
  http::HeadScan scan;
  Result<bool> whole = http::decode_response(as_bytes(bytes), {}, {}, scan, head);
  if (!whole || !*whole) return std::nullopt;

  http::BodyDecoder body(head.framing);
  Answer answer{.status = head.status, .body = {}};
  auto rest = std::as_writable_bytes(std::span(bytes.data(), bytes.size())).subspan(head.size);
  while (!rest.empty() && !body.done()) {
    Result<http::BodyDecoder::Piece> piece = body.decode(rest);
    if (!piece || (piece->consumed == 0 && piece->payload.empty())) return std::nullopt;
    answer.body += as_text(piece->payload);
    rest = rest.subspan(piece->consumed);
  }
  if (!body.done() && !body.closed()) return std::nullopt;
  return answer;
}

void append_encoded(std::string& out, std::string_view value) {
  for (char c : value) {
    // RFC 3986 §2.3: unreserved characters stand for themselves.
    if (std::isalnum(static_cast<unsigned char>(c)) || std::strchr("-._~", c) != nullptr) {
      out += c;
      continue;
    }
    char hex[4];
    std::snprintf(hex, sizeof hex, "%%%02X", static_cast<unsigned char>(c));
    out += hex;
  }
}

}  // namespace

std::string target_of(const Question& question) {
  std::string target(question.path);
  char join = '?';
  for (const auto& [name, value] : question.query) {
    if (value.empty()) continue;
    target += std::exchange(join, '&');
    target += name;
    target += '=';
    append_encoded(target, value);
  }
  return target;
}

std::expected<Answer, Unanswered> ask(const std::string& path, const Question& question) {
  auto socket = dial(path, question.patience);
  if (!socket) return std::unexpected(socket.error());

  std::string request = std::string(question.method) + ' ' + target_of(question) +
                        " HTTP/1.1\r\nHost: weir\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  if (!send_all(socket->get(), request)) return std::unexpected(Unanswered{Why::broken, path, last_error()});
  auto bytes = receive_all(socket->get());
  if (!bytes) return std::unexpected(Unanswered{failure(bytes.error()), path, bytes.error()});
  auto answer = decode(*bytes);
  if (!answer) return std::unexpected(Unanswered{Why::broken, path, std::make_error_code(std::errc::bad_message)});
  return *answer;
}

}  // namespace weir::proxyctl
