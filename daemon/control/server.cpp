#include "control/server.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "http/h1_decode.h"
#include "io/deadline.h"
#include "io/tcp.h"

namespace weir::control {

namespace {

/// For the codes of this server only.
std::string_view phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 422: return "Unprocessable Content";
    case 503: return "Service Unavailable";
    case 431: return "Request Header Fields Too Large";
    default: return "Refused";
  }
}

std::string encode(const Answer& answer) {
  return "HTTP/1.1 " + std::to_string(answer.status) + ' ' + std::string(phrase(answer.status)) +
         "\r\nContent-Type: " + std::string(answer.type) + "\r\nContent-Length: " + std::to_string(answer.body.size()) +
         "\r\nConnection: close\r\n\r\n" + (answer.head ? std::string() : answer.body);
}

/// Nobody is at the other end any more.  Who only says that he sends nothing further (a half-close) still reads.
bool has_left(int socket) {
  pollfd one{.fd = socket, .events = 0, .revents = 0};
  return ::poll(&one, 1, 0) == 1 && (one.revents & (POLLHUP | POLLERR)) != 0;
}

/// Reads one request and finds its answer; empty when nobody is left to answer.  What was asked long ago, of a daemon
/// that stood still, and given up since, must not come into force: it is not what its sender was told.
io::Task<std::optional<Answer>> receive(io::Tcp& client, const Handler& handler) {
  std::array<std::byte, most_head> buffer;
  std::size_t filled = 0;
  http::HeadScan scan;
  http::Request request;
  for (;;) {
    if (filled == buffer.size()) co_return refusal(431, "the request is too large");
    Result<std::size_t> got = co_await client.read(MutableBytes(buffer).subspan(filled));
    if (!got && got.error() == Errc::timed_out) co_return refusal(408, "the request did not arrive in time");
    if (!got || *got == 0) co_return std::nullopt;
    filled += *got;

    auto whole = http::decode_request(Bytes(buffer).first(filled), {.bytes = most_head}, scan, request);
    if (!whole) co_return refusal(http_status(whole.error().code), text(whole.error().code));
    if (!*whole) continue;
    if (!request.framing.empty()) co_return refusal(413, "a request here has no body");
    if (request.method != "GET" && has_left(client.fd())) co_return std::nullopt;
    co_return handler(request.method, request.path);
  }
}

io::Task<void> converse(io::Loop& loop, Fd socket, const Handler& handler) {
  auto client = io::Tcp::adopt(loop, std::move(socket));
  if (!client) co_return;  // out of descriptors: the client sees a close and asks again
  {
    io::Deadline deadline(loop.wheel(), *client, patience);
    std::optional<Answer> found = co_await receive(*client, handler);
    if (!found) co_return;

    deadline.restart(patience);  // a reload may have used it up; and a 408 still has to be written
    std::string bytes = encode(*found);
    if (auto written = co_await client->write(as_bytes(bytes)); !written) co_return;
  }
  co_await io::drain_and_close(std::move(*client), loop.wheel(), std::chrono::seconds(1), 64 << 10);
}

}  // namespace

io::Task<Result<void>> serve(io::Loop& loop, Fd listening, Handler handler) {
  auto listener = io::Tcp::adopt(loop, std::move(listening));
  if (!listener) co_return std::unexpected(listener.error());

  io::TaskGroup clients(loop);
  Result<void> end;
  for (;;) {
    if (auto ready = co_await listener->readable(); !ready) {
      if (ready.error() != Errc::stopped) end = std::unexpected(ready.error());
      break;
    }
    Fd client(::accept4(listener->fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (client) {
      if (clients.size() < most_clients) clients.spawn(converse(loop, std::move(client), handler));
      continue;
    }
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) continue;
    // No descriptors or memory: the queue holds the clients while others give theirs back.
    if (auto rested = co_await io::sleep(loop.wheel(), std::chrono::milliseconds(50)); !rested) break;
  }
  clients.stop();
  co_await clients.join();
  co_return end;
}

}  // namespace weir::control
