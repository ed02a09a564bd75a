// Dialling on the loopback, where every address of 127.0.0.0/8 is at home: from the client's address and port, and what
// happens when they are taken.  Needs CAP_NET_ADMIN, as the daemon does.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include "io/loop.h"
#include "upstream/dialer.h"
#include "upstream/pool.h"

namespace weir::upstream {
namespace {

Endpoint at(const char* address, std::uint16_t port) { return {*Address::parse(address), port}; }

class Upstream : public testing::Test {
 protected:
  Upstream() {
    listener_ = bound("127.0.0.1", 0, false);
    listen(listener_.get(), 16);
    origin_ = local(listener_.get());
  }

  static Fd bound(const char* address, std::uint16_t port, bool shared) {
    Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    if (shared) setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_storage to;
    const socklen_t length = at(address, port).to(to);
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&to), length), 0);
    return fd;
  }
  static Endpoint local(int fd) {
    sockaddr_storage address;
    socklen_t length = sizeof address;
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
    return *Endpoint::from(address);
  }
  /// The origin's side of the next connection, and whom it sees.
  Fd accept(Endpoint* seen = nullptr) {
    pollfd ask{listener_.get(), POLLIN, 0};
    if (poll(&ask, 1, 2000) != 1) return {};
    sockaddr_storage address;
    socklen_t length = sizeof address;
    Fd fd(::accept4(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length, SOCK_CLOEXEC));
    if (seen != nullptr) *seen = *Endpoint::from(address);
    return fd;
  }
  /// Dials once; the loop has ended then.
  Result<io::Tcp> dial(const Flow& flow) { return std::move(dial_each({flow}).front()); }
  std::vector<Result<io::Tcp>> dial_each(const std::vector<Flow>& flows) {
    std::vector<Result<io::Tcp>> results;
    loop_.spawn(dial_into(flows, results));
    loop_.run();
    return results;
  }
  io::Task<void> dial_into(const std::vector<Flow>& flows, std::vector<Result<io::Tcp>>& results) {
    for (const Flow& flow : flows) results.push_back(co_await dialer_.dial(flow));
    loop_.stop();
  }
  std::uint64_t count(account::Count c) { return ledger_.counters().of(c).read(); }

  account::Books books_{1, {}};
  account::Ledger& ledger_ = books_.ledger(0);
  io::Loop loop_;
  SourcePolicy source_{.as_client_v4 = true};
  resolve::Resolver resolver_{loop_};
  Dialer dialer_{loop_, ledger_, source_, resolver_};
  Fd listener_;
  Endpoint origin_;
};

TEST_F(Upstream, TheOriginSeesTheClientsAddressAndPort) {
  const Flow flow{.client = at("127.0.0.77", 40'077), .origin = origin_};
  ASSERT_TRUE(dial(flow));
  Endpoint seen;
  accept(&seen);
  EXPECT_EQ(seen, flow.client);
  EXPECT_EQ(count(account::Count::dial_same_port), 1U);
}

TEST_F(Upstream, AnotherPortOfTheClientIsTakenWhenItsOwnIsNotFree) {
  const Fd taken = bound("127.0.0.78", 40'078, false);
  const Flow flow{.client = at("127.0.0.78", 40'078), .origin = origin_};
  ASSERT_TRUE(dial(flow));
  Endpoint seen;
  accept(&seen);
  EXPECT_EQ(seen.address, flow.client.address);
  EXPECT_NE(seen.port, flow.client.port);
  EXPECT_EQ(count(account::Count::dial_other_port), 1U);
}

TEST_F(Upstream, TheGatewayDialsAsItselfWhenItIsToldTo) {
  source_.as_client_v4 = false;
  ASSERT_TRUE(dial({.client = at("127.0.0.79", 40'079), .origin = origin_}));
  Endpoint seen;
  accept(&seen);
  EXPECT_EQ(seen.address, at("127.0.0.1", 0).address);
  EXPECT_EQ(count(account::Count::dial_gateway), 1U);
}

// What the origin answers is the answer: no step of the ladder hides it.
TEST_F(Upstream, ARefusalIsNotTriedAgainFromElsewhere) {
  listener_.reset();
  const auto refused = dial({.client = at("127.0.0.80", 40'080), .origin = origin_});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), Errc::origin_refused);
  EXPECT_EQ(count(account::Count::dial_gateway), 0U);
}

TEST_F(Upstream, ASilentOriginIsGivenUpInTime) {
  source_.timeout = std::chrono::milliseconds(50);
  const Fd full = bound("0.0.0.0", 0, false);  // listens, but its queue is full: SYNs are dropped
  listen(full.get(), 0);
  std::vector<Fd> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_storage to;
    const socklen_t length = at("127.0.0.1", local(full.get()).port).to(to);
    connect(waiting.back().get(), reinterpret_cast<sockaddr*>(&to), length);
  }
  std::vector<Flow> flows;
  for (const char* origin : {"127.0.0.2", "127.0.0.3", "127.0.0.4"})
    flows.push_back({.client = at("127.0.0.81", 40'081), .origin = at(origin, local(full.get()).port)});
  for (const auto& silent : dial_each(flows)) {
    ASSERT_FALSE(silent);
    EXPECT_EQ(silent.error(), Errc::origin_timeout);
  }
  const Monotonic later = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  ASSERT_TRUE(books_.reach().silence(later)) << "three origins were asked, and none answered";
  EXPECT_EQ(books_.reach().silence(later)->asked, 3U);
}

TEST_F(Upstream, ARefusalIsAnAnswer) {
  const Monotonic now = std::chrono::steady_clock::now(), later = now + std::chrono::minutes(1);
  for (const char* origin : {"127.0.0.2", "127.0.0.3", "127.0.0.4"}) ledger_.silent(at(origin, 0).address, now);
  ASSERT_TRUE(books_.reach().silence(later));
  listener_.reset();
  EXPECT_FALSE(dial({.client = at("127.0.0.82", 40'082), .origin = origin_}));
  EXPECT_FALSE(books_.reach().silence(later));
}

class Pooled : public Upstream {
 protected:
  /// A connection to the origin and the origin's side of it.
  std::pair<io::Tcp, Fd> connected() {
    auto tcp = dial({.client = at("127.0.0.1", 0), .origin = origin_});
    return {std::move(*tcp), accept()};
  }
  const PoolKey one_{origin_, {}};
  const PoolKey other_{origin_, at("127.0.0.9", 0).address};
};

TEST_F(Pooled, OnlyTheSameIdentityIsLent) {
  source_.as_client_v4 = false;
  Pool pool(loop_);
  auto [tcp, peer] = connected();
  pool.put(one_, std::move(tcp));
  EXPECT_FALSE(pool.take(other_));
  EXPECT_TRUE(pool.take(one_));
  EXPECT_FALSE(pool.take(one_));
}

TEST_F(Pooled, AConnectionThatTheOriginEndedIsNotLent) {
  source_.as_client_v4 = false;
  Pool pool(loop_);
  auto [tcp, peer] = connected();
  pool.put(one_, std::move(tcp));
  ASSERT_EQ(pool.size(), 1U);
  peer.reset();
  EXPECT_FALSE(pool.take(one_));
  EXPECT_EQ(pool.size(), 0U);
}

TEST_F(Pooled, OctetsThatNobodyAskedForAreNeverLent) {
  source_.as_client_v4 = false;
  Pool pool(loop_);
  auto [tcp, peer] = connected();
  send(peer.get(), "x", 1, 0);
  pool.put(one_, std::move(tcp));
  EXPECT_EQ(pool.size(), 0U);
}

TEST_F(Pooled, WhatIsForgottenIsClosed) {
  source_.as_client_v4 = false;
  Pool pool(loop_);
  auto [tcp, peer] = connected();
  pool.put(one_, std::move(tcp));
  pool.clear();
  EXPECT_EQ(pool.size(), 0U);
  EXPECT_FALSE(pool.take(one_));
  char octet;
  EXPECT_EQ(recv(peer.get(), &octet, 1, 0), 0);
}

TEST_F(Pooled, ItsLimitsHold) {
  source_.as_client_v4 = false;
  Pool pool(loop_, {.of_one = 1, .of_all = 2});
  const Flow flow{.client = at("127.0.0.1", 0), .origin = origin_};
  auto dialled = dial_each({flow, flow, flow, flow});
  std::vector<Fd> peers;
  for (const PoolKey& key : {one_, one_, other_, PoolKey{at("127.0.0.3", 1), {}}}) {
    pool.put(key, std::move(*dialled[peers.size()]));
    peers.push_back(accept());
  }
  EXPECT_EQ(pool.size(), 2U);
  char octet;
  EXPECT_EQ(recv(peers[1].get(), &octet, 1, 0), 0);  // the one too many was closed
}

// The sweep finds what take() never asks for.
TEST_F(Pooled, TheSweepClosesWhatIsOldOrEnded) {
  source_.as_client_v4 = false;
  io::Loop loop;
  Pool pool(loop, {.idle = std::chrono::hours(1)});
  resolve::Resolver resolver(loop);
  Dialer dialer(loop, ledger_, source_, resolver);
  bool swept = false;
  const auto play = [&]() -> io::Task<void> {
    auto tcp = co_await dialer.dial({.client = at("127.0.0.1", 0), .origin = origin_});
    Fd peer = accept();
    pool.put(one_, std::move(*tcp));
    peer.reset();
    co_await io::sleep(loop.wheel(), std::chrono::milliseconds(1200));
    swept = pool.size() == 0;
    loop.stop();
  };
  loop.spawn(pool.sweep());
  loop.spawn(play());
  loop.run();
  EXPECT_TRUE(swept);
}

}  // namespace
}  // namespace weir::upstream
