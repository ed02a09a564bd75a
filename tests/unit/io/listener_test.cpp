#include "io/listener.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <vector>

#include "harness.h"
#include "io/pipe.h"

namespace weir::io::test {
namespace {

struct Bound {
  Fd socket;
  Endpoint at;
};
Bound listening() {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::listen(socket.get(), 64), 0);
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return {std::move(socket), {Address::v4(INADDR_LOOPBACK), ntohs(address.sin_port)}};
}
Fd dial(const Endpoint& to) {
  Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_storage address{};
  const socklen_t size = to.to(address);
  EXPECT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  return socket;
}

TEST(Listener, NamesBothEndsOfAConnection) {
  run([](Loop& loop) -> Task<void> {
    Bound bound = listening();
    Listener listener = *Listener::adopt(loop, std::move(bound.socket));
    const Fd client = dial(bound.at);
    Result<Accepted> accepted = co_await listener.accept();
    EXPECT_TRUE(accepted.has_value());
    EXPECT_EQ(accepted->local, bound.at);
    EXPECT_TRUE(accepted->peer.address.is_loopback());
    EXPECT_NE(accepted->peer.port, bound.at.port);
    EXPECT_NE(::fcntl(accepted->socket.get(), F_GETFL) & O_NONBLOCK, 0);
  });
}

TEST(Listener, AcceptsABurstAndEndsWithStop) {
  run([](Loop& loop) -> Task<void> {
    Bound bound = listening();
    Listener listener = *Listener::adopt(loop, std::move(bound.socket));
    int count = 0;
    const auto serve = [](Listener& l, int& n) -> Task<void> {
      for (;;) {
        Result<Accepted> accepted = co_await l.accept();
        if (!accepted) {
          EXPECT_EQ(accepted.error(), Errc::stopped);
          co_return;
        }
        ++n;
      }
    };
    TaskGroup group(loop);
    group.spawn(serve(listener, count));
    std::vector<Fd> clients;
    for (int i = 0; i < 50; ++i) clients.push_back(dial(bound.at));
    (void)co_await sleep(loop.wheel(), 20ms);
    EXPECT_EQ(count, 50);
    group.stop();
    co_await group.join();
  });
}

// EMFILE leaves the connection in the queue and the listener readable: waiting for it again would spin.
TEST(Listener, RestsWhileThereAreNoDescriptorsAndThenGoesOn) {
  run([](Loop& loop) -> Task<void> {
    Bound bound = listening();
    Listener listener = *Listener::adopt(loop, std::move(bound.socket));
    const Fd client = dial(bound.at);
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit none{1, before.rlim_max};
    const auto lift = [](Loop& l, rlimit to) -> Task<void> {
      (void)co_await sleep(l.wheel(), 120ms);
      ::setrlimit(RLIMIT_NOFILE, &to);
    };
    ::setrlimit(RLIMIT_NOFILE, &none);
    TaskGroup group(loop);
    group.spawn(lift(loop, before));
    const Result<Accepted> accepted = co_await listener.accept();
    EXPECT_TRUE(accepted.has_value());
    EXPECT_GE(listener.rests(), 2U);
    EXPECT_LE(listener.rests(), 5U);
    co_await group.join();
  });
}

TEST(PipeCache, HandsOutThePipesThatCameBack) {
  PipeCache cache;
  Result<Pipe> pipe = cache.take();
  ASSERT_TRUE(pipe.has_value());
  EXPECT_GE(pipe->capacity, 4096U);
  const int fd = pipe->read_end.get();
  cache.give(std::move(*pipe));
  EXPECT_EQ(cache.kept(), 1U);
  Result<Pipe> again = cache.take();
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->read_end.get(), fd);
  EXPECT_EQ(cache.kept(), 0U);
}

TEST(PipeCache, KeepsABoundedNumber) {
  PipeCache cache;
  std::vector<Pipe> pipes;
  for (std::size_t i = 0; i < PipeCache::most_kept + 3; ++i) pipes.push_back(std::move(*cache.take()));
  for (Pipe& pipe : pipes) cache.give(std::move(pipe));
  EXPECT_EQ(cache.kept(), PipeCache::most_kept);
}

}  // namespace
}  // namespace weir::io::test
