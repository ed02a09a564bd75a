#include "relay/relay.h"

#include <poll.h>

#include <atomic>
#include <ctime>
#include <random>
#include <string>
#include <thread>

#include "../io/harness.h"
#include "io/pipe.h"

namespace weir::relay {
namespace {

using namespace std::chrono_literals;
using io::test::Pair;
using io::test::reset;
using io::test::tcp_pair;

// A relay on a thread of its own between two blocking sockets: the client's and the origin's own ends.
class Relay {
 public:
  explicit Relay(Options options = {}, Pair client = tcp_pair(), Pair origin = tcp_pair())
      : client_end(std::move(client.a)), origin_end(std::move(origin.a)) {
    thread_ = std::thread([this, options, c = std::move(client.b), o = std::move(origin.b)]() mutable {
      loop_.spawn(serve(std::move(c), std::move(o), options));
      loop_.run();
    });
  }
  ~Relay() {
    if (thread_.joinable()) end();
  }
  /// Waits for the relay to end by itself.
  Outcome outcome() {
    thread_.join();
    return outcome_;
  }
  Outcome end() {
    loop_.stop();
    return outcome();
  }
  /// The number of idle pipes in the loop's cache.
  std::size_t kept_pipes() {
    std::atomic<long> kept{-1};
    loop_.post([&] { kept = static_cast<long>(loop_.pipes().kept()); });
    while (kept < 0) std::this_thread::sleep_for(1ms);
    return static_cast<std::size_t>(kept);
  }

  Fd client_end;
  Fd origin_end;

 private:
  io::Task<void> serve(Fd c, Fd o, Options options) {
    io::Tcp client = *io::Tcp::adopt(loop_, std::move(c));
    io::Tcp origin = *io::Tcp::adopt(loop_, std::move(o));
    outcome_ = co_await splice(loop_.wheel(), client, origin, options);
    EXPECT_FALSE(client);
    EXPECT_FALSE(origin);
    loop_.stop();
  }

  io::Loop loop_;
  Outcome outcome_;
  std::thread thread_;
};

struct Digest {
  std::uint64_t bytes = 0;
  std::uint64_t hash = 14695981039346656037ULL;
  void add(const char* data, std::size_t n) {
    bytes += n;
    for (std::size_t i = 0; i < n; ++i) hash = (hash ^ static_cast<unsigned char>(data[i])) * 1099511628211ULL;
  }
  bool operator==(const Digest&) const = default;
};

Digest send_random(int fd, std::uint64_t bytes, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string block(100'000, '\0');
  Digest digest;
  while (digest.bytes < bytes) {
    for (std::size_t i = 0; i + 8 <= block.size(); i += 8) {
      const std::uint64_t word = random();
      block.replace(i, 8, reinterpret_cast<const char*>(&word), 8);
    }
    const auto n = std::min<std::uint64_t>(1 + random() % block.size(), bytes - digest.bytes);
    for (std::size_t sent = 0; sent < n;) {
      const ssize_t part = ::send(fd, block.data() + sent, n - sent, MSG_NOSIGNAL);
      if (part <= 0) return digest;
      sent += static_cast<std::size_t>(part);
    }
    digest.add(block.data(), n);
  }
  return digest;
}

Digest receive_to_end(int fd) {
  Digest digest;
  std::string block(200'000, '\0');
  for (ssize_t n = 0; (n = ::recv(fd, block.data(), block.size(), 0)) > 0;) {
    digest.add(block.data(), static_cast<std::size_t>(n));
  }
  return digest;
}

std::string receive(int fd, std::size_t bytes) {
  const timeval patience{5, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::string text(bytes, '\0');
  const ssize_t n = ::recv(fd, text.data(), bytes, MSG_WAITALL);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

// What comes next: a count of bytes, 0 for FIN, or -errno.
ssize_t next_from(const Fd& socket) {
  char byte = 0;
  const ssize_t n = ::recv(socket.get(), &byte, 1, 0);
  return n < 0 ? -errno : n;
}

TEST(Relay, BringsManyBytesUnchangedBothWaysAtOnce) {
  constexpr std::uint64_t much = 64U << 20;
  Relay relay;
  Digest up_sent, up_got, down_sent, down_got;
  std::thread a([&] {
    up_sent = send_random(relay.client_end.get(), much, 1);
    ::shutdown(relay.client_end.get(), SHUT_WR);
  });
  std::thread b([&] { up_got = receive_to_end(relay.origin_end.get()); });
  std::thread c([&] {
    down_sent = send_random(relay.origin_end.get(), much + 12345, 2);
    ::shutdown(relay.origin_end.get(), SHUT_WR);
  });
  std::thread d([&] { down_got = receive_to_end(relay.client_end.get()); });
  for (std::thread* thread : {&a, &b, &c, &d}) thread->join();
  const Outcome outcome = relay.outcome();
  EXPECT_EQ(up_got, up_sent);
  EXPECT_EQ(down_got, down_sent);
  EXPECT_EQ(outcome.reason, CloseReason::done);
  EXPECT_EQ(outcome.from_client, much);
  EXPECT_EQ(outcome.from_origin, much + 12345);
}

TEST(Relay, KeepsAHalfCloseOfTheClient) {
  Relay relay;
  io::test::send_text(relay.client_end.get(), "request");
  ::shutdown(relay.client_end.get(), SHUT_WR);
  EXPECT_EQ(receive(relay.origin_end.get(), 7), "request");
  EXPECT_EQ(next_from(relay.origin_end), 0);
  std::this_thread::sleep_for(20ms);
  io::test::send_text(relay.origin_end.get(), "answer");
  EXPECT_EQ(receive(relay.client_end.get(), 6), "answer");
  relay.origin_end.reset();
  EXPECT_EQ(next_from(relay.client_end), 0);
  const Outcome outcome = relay.outcome();
  EXPECT_EQ(outcome.reason, CloseReason::done);
  EXPECT_EQ(outcome.from_client, 7U);
  EXPECT_EQ(outcome.from_origin, 6U);
}

TEST(Relay, KeepsAHalfCloseOfTheOrigin) {
  Relay relay;
  io::test::send_text(relay.origin_end.get(), "banner");
  ::shutdown(relay.origin_end.get(), SHUT_WR);
  EXPECT_EQ(receive(relay.client_end.get(), 6), "banner");
  EXPECT_EQ(next_from(relay.client_end), 0);
  std::this_thread::sleep_for(20ms);
  io::test::send_text(relay.client_end.get(), "upload");
  EXPECT_EQ(receive(relay.origin_end.get(), 6), "upload");
  relay.client_end.reset();
  EXPECT_EQ(next_from(relay.origin_end), 0);
  EXPECT_EQ(relay.outcome().reason, CloseReason::done);
}

TEST(Relay, AsksAboutTheWaysAtTheEndWhenItIsTold) {
  for (const bool told : {false, true}) {
    Relay relay({.ask_paths = told});
    io::test::send_text(relay.client_end.get(), "request");
    EXPECT_EQ(receive(relay.origin_end.get(), 7), "request");
    ::shutdown(relay.client_end.get(), SHUT_WR);
    ::shutdown(relay.origin_end.get(), SHUT_WR);
    const Outcome outcome = relay.outcome();
    EXPECT_EQ(outcome.to_origin.sent, told ? 1U : 0U);
    EXPECT_EQ(outcome.to_client.sent, 0U) << "the origin said nothing";
  }
}

TEST(Relay, PassesAResetOfTheClientOn) {
  Relay relay;
  io::test::send_text(relay.client_end.get(), "x");
  EXPECT_EQ(next_from(relay.origin_end), 1);
  reset(relay.client_end);
  EXPECT_EQ(next_from(relay.origin_end), -ECONNRESET);
  EXPECT_EQ(relay.outcome().reason, CloseReason::client_reset);
}

TEST(Relay, PassesAResetOfTheOriginOn) {
  Relay relay;
  reset(relay.origin_end);
  EXPECT_EQ(next_from(relay.client_end), -ECONNRESET);
  EXPECT_EQ(relay.outcome().reason, CloseReason::origin_reset);
}

// A closed download: nothing of the client is waited for but room in its socket.
TEST(Relay, PassesAResetOnWhileTheOtherDirectionIsFull) {
  Relay relay;
  std::thread sender([&] { send_random(relay.origin_end.get(), 256U << 20, 3); });
  std::this_thread::sleep_for(50ms);
  reset(relay.client_end);
  sender.join();
  EXPECT_EQ(relay.outcome().reason, CloseReason::client_reset);
}

// After its FIN a client has nothing to say but a reset.
TEST(Relay, PassesAResetOnThatFollowsAHalfClose) {
  Relay relay;
  ::shutdown(relay.client_end.get(), SHUT_WR);
  EXPECT_EQ(next_from(relay.origin_end), 0);
  reset(relay.client_end);
  pollfd broken{relay.origin_end.get(), 0, 0};
  EXPECT_EQ(::poll(&broken, 1, 2000), 1);
  EXPECT_EQ(relay.end().reason, CloseReason::client_reset);
}

Duration cpu_of_process() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + Duration(t.tv_nsec);
}

// RFC 9293 §3.8.5.  splice(2) stops in front of an urgent byte for ever, while poll() says that there is more.
TEST(Relay, BringsUrgentBytesInTheirPlace) {
  Relay relay;
  const int fd = relay.client_end.get();
  io::test::send_text(fd, "before ");
  ASSERT_EQ(::send(fd, "!", 1, MSG_OOB), 1);
  EXPECT_EQ(receive(relay.origin_end.get(), 8), "before !");
  io::test::send_text(fd, "and ");
  ASSERT_EQ(::send(fd, "?", 1, MSG_OOB), 1);
  io::test::send_text(fd, " after");
  EXPECT_EQ(receive(relay.origin_end.get(), 11), "and ? after");
  const Duration before = cpu_of_process();
  std::this_thread::sleep_for(200ms);
  EXPECT_LT(cpu_of_process() - before, 50ms);
  ::shutdown(fd, SHUT_WR);
  EXPECT_EQ(next_from(relay.origin_end), 0);
}

// An urgent byte that cannot be read yet makes poll() report something that is no error, again and again.
TEST(Relay, DoesNotSpinOverAnUrgentByteBehindASlowReader) {
  Pair origin = tcp_pair();
  const int little = 4096;
  ::setsockopt(origin.a.get(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
  ::setsockopt(origin.b.get(), SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
  Relay relay({}, tcp_pair(), std::move(origin));
  const int fd = relay.client_end.get();
  io::test::send_text(fd, std::string(300'000, 'x'));  // far more than the origin's side takes
  std::this_thread::sleep_for(20ms);
  ASSERT_EQ(::send(fd, "!", 1, MSG_OOB), 1);
  const Duration before = cpu_of_process();
  std::this_thread::sleep_for(300ms);
  EXPECT_LT(cpu_of_process() - before, 100ms);
  EXPECT_EQ(relay.end().reason, CloseReason::shutdown);
}

TEST(Relay, EndsWhenNothingMovesForTheIdleTime) {
  const auto begun = std::chrono::steady_clock::now();
  Relay relay({.idle = 60ms});
  for (int i = 0; i < 4; ++i) {
    std::this_thread::sleep_for(30ms);
    io::test::send_text(i % 2 == 0 ? relay.client_end.get() : relay.origin_end.get(), "tick");
  }
  EXPECT_EQ(relay.outcome().reason, CloseReason::client_idle);
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 180ms);
  EXPECT_EQ(receive(relay.origin_end.get(), 8), "ticktick");
}

TEST(Relay, EndsWithItsGroup) {
  Relay relay;
  io::test::send_text(relay.client_end.get(), "x");
  EXPECT_EQ(next_from(relay.origin_end), 1);
  EXPECT_EQ(relay.end().reason, CloseReason::shutdown);
  EXPECT_EQ(next_from(relay.origin_end), -ECONNRESET);  // a FIN would make half an answer look whole
  EXPECT_EQ(next_from(relay.client_end), -ECONNRESET);
}

TEST(Relay, EndsWithItsGroupWhileBytesFlow) {
  Relay relay;
  std::thread sender([&] { send_random(relay.client_end.get(), 1ULL << 40, 4); });
  std::thread reader([&] { receive_to_end(relay.origin_end.get()); });
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(relay.end().reason, CloseReason::shutdown);
  sender.join();
  reader.join();
}

TEST(Relay, HoldsBackASenderWhoseReaderIsSlow) {
  Relay relay;
  const int fd = relay.client_end.get();
  std::string block(64 * 1024, 'x');
  std::uint64_t sent = 0;
  for (int quiet = 0; quiet < 10;) {
    const ssize_t n = ::send(fd, block.data(), block.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    quiet = n > 0 ? 0 : quiet + 1;
    if (n > 0)
      sent += static_cast<std::uint64_t>(n);
    else
      std::this_thread::sleep_for(10ms);
    ASSERT_LT(sent, 64U << 20);  // four socket buffers and one pipe
  }
  ::shutdown(fd, SHUT_WR);
  EXPECT_EQ(receive_to_end(relay.origin_end.get()).bytes, sent);
  EXPECT_EQ(relay.end().from_client, sent);
}

TEST(Relay, SendsWhatWasReadBeforeFirst) {
  const std::string hello(300'000, 'h');
  const std::string banner(400'000, 'b');
  Relay relay({.to_origin = as_bytes(hello), .to_client = as_bytes(banner)});
  io::test::send_text(relay.client_end.get(), "then this");
  io::test::send_text(relay.origin_end.get(), "and that");
  EXPECT_EQ(receive(relay.origin_end.get(), hello.size() + 9), hello + "then this");
  EXPECT_EQ(receive(relay.client_end.get(), banner.size() + 8), banner + "and that");
  relay.client_end.reset();
  relay.origin_end.reset();
  const Outcome outcome = relay.outcome();
  EXPECT_EQ(outcome.from_client, hello.size() + 9);
  EXPECT_EQ(outcome.from_origin, banner.size() + 8);
}

TEST(Relay, TakesAPipeForMuchOnlyAndHoldsNoneWhileIdle) {
  Relay relay;
  io::test::send_text(relay.client_end.get(), "ping");
  EXPECT_EQ(receive(relay.origin_end.get(), 4), "ping");
  io::test::send_text(relay.origin_end.get(), "pong");
  EXPECT_EQ(receive(relay.client_end.get(), 4), "pong");
  EXPECT_EQ(relay.kept_pipes(), 0U);
  const std::string much(100'000, 'm');
  for (const auto& [from, to] :
       {std::pair(&relay.client_end, &relay.origin_end), {&relay.origin_end, &relay.client_end}}) {
    io::test::send_text(from->get(), much);
    EXPECT_EQ(receive(to->get(), much.size()), much);
  }
  EXPECT_EQ(relay.kept_pipes(), 1U);  // one was enough for both directions, and it is back
}

// A phone out of reach says nothing for ever.
TEST(Relay, AsksPeersThatAreSilentWhetherTheyAreThere) {
  Pair client = tcp_pair(), origin = tcp_pair();
  const int inner[] = {::dup(client.b.get()), ::dup(origin.b.get())};
  const auto asked = [&] {
    int sum = 0;
    for (const int fd : inner) {
      int on = 0;
      socklen_t size = sizeof on;
      ::getsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, &size);
      sum += on;
    }
    return sum;
  };
  Relay relay({.idle = 100ms, .unwatched = 20ms}, std::move(client), std::move(origin));
  io::test::send_text(relay.client_end.get(), "tick");
  EXPECT_EQ(receive(relay.origin_end.get(), 4), "tick");
  EXPECT_EQ(relay.outcome().reason, CloseReason::client_idle) << "the idle time goes on meanwhile";
  EXPECT_EQ(asked(), 2);
  for (const int fd : inner) ::close(fd);
}

// What was copied for a receiver that takes no more must not be overwritten by other relays of the thread.
TEST(Relay, KeepsWhatItsReceiverDidNotTake) {
  Pair origin = tcp_pair(64 << 10);
  const int little = 32 << 10;
  ::setsockopt(origin.b.get(), SOL_SOCKET, SO_SNDBUF, &little, sizeof little);
  Relay relay({}, tcp_pair(), std::move(origin));
  std::string sent;
  for (int piece = 0; piece < 40; ++piece) {
    const std::string text(8000, static_cast<char>('a' + piece % 26));
    io::test::send_text(relay.client_end.get(), text);
    sent += text;
    const std::string back(100, static_cast<char>('A' + piece % 26));  // the other direction uses the same scratch
    io::test::send_text(relay.origin_end.get(), back);
    EXPECT_EQ(receive(relay.client_end.get(), back.size()), back);
  }
  EXPECT_TRUE(receive(relay.origin_end.get(), sent.size()) == sent);
}

}  // namespace
}  // namespace weir::relay
