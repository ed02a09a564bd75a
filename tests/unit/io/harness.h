// What tests of coroutines need: a loop that runs one task to its end, and connected pairs of sockets.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <functional>
#include <string>
#include <utility>

#include "io/loop.h"
#include "io/tcp.h"

namespace weir::io::test {

using namespace std::chrono_literals;

/// Runs `body` on a fresh loop until it ends; every task that it left in the loop's root is stopped then.
inline void run(std::function<Task<void>(Loop&)> body) {
  Loop loop;
  const auto main = [](Loop& l, std::function<Task<void>(Loop&)>& b) -> Task<void> {
    co_await b(l);
    l.stop();
  };
  loop.spawn(main(loop, body));
  loop.run();
}

/// Two ends of a TCP connection over loopback, blocking.
struct Pair {
  Fd a;
  Fd b;
};
inline Pair tcp_pair(int receive_buffer = 0) {
  const Fd listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (receive_buffer != 0) {
    ::setsockopt(listening.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(listening.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::listen(listening.get(), 1), 0);
  ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size);
  Fd a(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::connect(a.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  Fd b(::accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_TRUE(b);
  return {std::move(a), std::move(b)};
}

/// Both ends as streams of `loop`.
inline std::pair<Tcp, Tcp> streams(Loop& loop) {
  Pair pair = tcp_pair();
  return {*Tcp::adopt(loop, std::move(pair.a)), *Tcp::adopt(loop, std::move(pair.b))};
}

/// Closes with RST.
inline void reset(Fd& socket) {
  const linger now{1, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  socket.reset();
}

inline void send_text(int fd, std::string_view text) {
  EXPECT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
}

}  // namespace weir::io::test
