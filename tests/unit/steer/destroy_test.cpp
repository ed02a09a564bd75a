#include "steer/destroy.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>

#include "sandbox.h"

namespace weir::steer {
namespace {

struct Pair {
  Fd listener, client, server;
  Endpoint from, to;
};

class Destroy : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    enter_fresh_namespace();
    // With timestamps a socket that was bound to its port may take the place of its own TIME_WAIT (RFC 6191), and the
    // test would prove nothing.
    sh("sysctl -qw net.ipv4.tcp_timestamps=0 net.ipv4.tcp_tw_reuse=0");
    auto opened = Destroyer::open();
    ASSERT_TRUE(opened);
    destroyer = std::make_unique<Destroyer>(std::move(*opened));
  }

  Fd socket_at(const Endpoint& at) {
    sockaddr_storage address;
    const socklen_t size = at.to(address);
    Fd fd(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    return fd;
  }
  int connect_to(const Fd& fd, const Endpoint& to) {
    sockaddr_storage address;
    const socklen_t size = to.to(address);
    return ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0 ? 0 : errno;
  }
  Pair connected() {
    Pair pair;
    pair.from = {*Address::parse(GetParam()), 40000};
    pair.to = {*Address::parse(GetParam()), 443};
    pair.listener = socket_at(pair.to);
    EXPECT_EQ(::listen(pair.listener.get(), 4), 0);
    pair.client = socket_at(pair.from);
    EXPECT_EQ(connect_to(pair.client, pair.to), 0);
    pair.server.reset(::accept(pair.listener.get(), nullptr, nullptr));
    return pair;
  }

  std::unique_ptr<Destroyer> destroyer;
};

TEST_P(Destroy, MakesTheTupleOfATimeWaitUsableAgain) {
  Pair pair = connected();
  pair.client.reset();  // closes first: keeps the TIME_WAIT
  pair.server.reset();
  pair.listener.reset();
  ASSERT_TRUE(output("ss -Htan state time-wait").contains(":40000"));
  Fd again = socket_at(pair.from);
  Fd listener = socket_at(pair.to);
  ASSERT_EQ(::listen(listener.get(), 4), 0);
  ASSERT_EQ(connect_to(again, pair.to), EADDRNOTAVAIL);

  EXPECT_EQ(*destroyer->destroy(pair.from, pair.to), Destroyed::yes);
  EXPECT_EQ(output("ss -Htan state time-wait"), "");
  EXPECT_EQ(connect_to(again, pair.to), 0);
}

TEST_P(Destroy, EndsAnEstablishedConnection) {
  Pair pair = connected();
  EXPECT_EQ(*destroyer->destroy(pair.from, pair.to), Destroyed::yes);
  char byte;
  EXPECT_EQ(::recv(pair.client.get(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, ECONNABORTED);
}

TEST_P(Destroy, FindsNothingWhereNothingIs) {
  const Endpoint from{*Address::parse(GetParam()), 1}, to{*Address::parse(GetParam()), 2};
  EXPECT_EQ(*destroyer->destroy(from, to), Destroyed::not_found);
}

// The kernel's look-up falls back to a listener on the local port: the gateway's own web server.
TEST_P(Destroy, LeavesAListenerOnThatPortAlone) {
  const Endpoint at{*Address::parse(GetParam()), 443}, from{*Address::parse(GetParam()), 40000};
  Fd listener = socket_at(at);
  ASSERT_EQ(::listen(listener.get(), 4), 0);
  EXPECT_EQ(*destroyer->destroy(at, from), Destroyed::not_found);
  Fd client = socket_at(from);
  EXPECT_EQ(connect_to(client, at), 0);
}

INSTANTIATE_TEST_SUITE_P(Families, Destroy, testing::Values("127.0.0.1", "::1"),
                         [](const auto& param) { return std::string(param.index == 0 ? "V4" : "V6"); });

}  // namespace
}  // namespace weir::steer
