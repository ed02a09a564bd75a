#include "io/tcp.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <cstring>
#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "harness.h"
#include "io/deadline.h"

namespace weir::io::test {
namespace {

std::string text_of(MutableBytes buffer, std::size_t n) { return std::string(as_text(buffer.first(n))); }

std::string receive_all(int fd) {
  std::string all;
  char buffer[65536];
  for (ssize_t n = 0; (n = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) all.append(buffer, static_cast<std::size_t>(n));
  return all;
}

// What a peer sees next: a count of bytes, 0 for FIN, or -errno.
ssize_t next_from(int fd) {
  char byte = 0;
  const ssize_t n = ::recv(fd, &byte, 1, 0);
  return n < 0 ? -errno : n;
}

Duration cpu_of_thread() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + Duration(t.tv_nsec);
}

Task<void> send_later(Tcp& to, Duration delay, std::string text) {
  (void)co_await sleep(to.loop().wheel(), delay);
  EXPECT_TRUE((co_await to.write(as_bytes(text))).has_value());
}

TEST(Tcp, TellsOfItsPathWhatNobodyWasToldYet) {
  run([](Loop& loop) -> Task<void> {
    Pair pair = tcp_pair();
    Tcp stream = *Tcp::adopt(loop, std::move(pair.a));
    EXPECT_EQ(stream.path().sent, 0U);
    EXPECT_TRUE((co_await stream.write(as_bytes("one"))).has_value());
    const Path first = stream.path();
    EXPECT_EQ(first.sent, 1U);
    EXPECT_EQ(first.again, 0U);
    EXPECT_EQ(stream.path().sent, 0U) << "told already";
    EXPECT_GT(first.least_rtt, Duration::zero()) << "of the handshake";
    EXPECT_LT(first.least_rtt, std::chrono::minutes(1));
  });
}

TEST(Tcp, ReadsWhatIsThereAndWhatComesLaterAndTheEnd) {
  run([](Loop& loop) -> Task<void> {
    Pair pair = tcp_pair();
    Tcp stream = *Tcp::adopt(loop, std::move(pair.a));
    Tcp other = *Tcp::adopt(loop, std::move(pair.b));
    std::array<std::byte, 64> buffer;
    EXPECT_TRUE((co_await other.write(as_bytes("now"))).has_value());
    EXPECT_EQ(text_of(buffer, (co_await stream.read(buffer)).value_or(0)), "now");
    TaskGroup group(loop);
    group.spawn(send_later(other, 5ms, "later"));
    EXPECT_EQ(text_of(buffer, (co_await stream.read(buffer)).value_or(0)), "later");
    co_await group.join();
    EXPECT_TRUE(other.shutdown_send().has_value());
    EXPECT_EQ((co_await stream.read(buffer)).value_or(99), 0U);
    EXPECT_EQ((co_await stream.read(buffer)).value_or(99), 0U);  // and again
  });
}

TEST(Tcp, WritesAllOfManySpansThroughASlowReader) {
  std::string expected;
  std::vector<std::string> parts;
  for (int i = 0; i < 16; ++i) parts.push_back(std::string(static_cast<std::size_t>(i) * 100'003, char('a' + i)));
  for (const std::string& part : parts) expected += part;
  Pair pair = tcp_pair();
  std::string got;
  std::thread reader([&] { got = receive_all(pair.b.get()); });
  run([&](Loop& loop) -> Task<void> {
    Tcp stream = *Tcp::adopt(loop, std::move(pair.a));
    std::vector<Bytes> spans;
    for (const std::string& part : parts) spans.push_back(as_bytes(part));
    EXPECT_TRUE((co_await stream.writev(spans)).has_value());
  });
  reader.join();
  EXPECT_EQ(got.size(), expected.size());
  EXPECT_TRUE(got == expected);
}

TEST(Tcp, TellsAResetFromAnEnd) {
  run([](Loop& loop) -> Task<void> {
    Pair pair = tcp_pair();
    Tcp stream = *Tcp::adopt(loop, std::move(pair.a));
    reset(pair.b);
    std::array<std::byte, 8> buffer;
    const Result<std::size_t> got = co_await stream.read(buffer);
    EXPECT_EQ(got.error(), Errc::reset);
    EXPECT_EQ(got.error().cause.value(), ECONNRESET);
    EXPECT_EQ((co_await stream.write(as_bytes("x"))).error(), Errc::reset);  // EPIPE, and no signal
  });
}

TEST(Tcp, AResetReachesAPendingReadAndAPendingWrite) {
  run([](Loop& loop) -> Task<void> {
    Pair pair = tcp_pair();
    Tcp stream = *Tcp::adopt(loop, std::move(pair.a));
    Tcp other = *Tcp::adopt(loop, std::move(pair.b));
    const auto reader = [](Tcp& s) -> Task<void> {
      std::array<std::byte, 8> buffer;
      EXPECT_EQ((co_await s.read(buffer)).error(), Errc::reset);
    };
    const auto writer = [](Tcp& s) -> Task<void> {
      const std::vector<std::byte> much(16U << 20);
      EXPECT_EQ((co_await s.write(much)).error(), Errc::reset);
    };
    TaskGroup group(loop);
    group.spawn(reader(stream));
    group.spawn(writer(stream));
    (void)co_await sleep(loop.wheel(), 20ms);
    other.reset();
    co_await group.join();
  });
}

TEST(Tcp, StopEndsEachKindOfWait) {
  run([](Loop& loop) -> Task<void> {
    auto [a, b] = streams(loop);
    auto [c, d] = streams(loop);
    const auto read = [](Tcp& s) -> Task<void> {
      std::array<std::byte, 8> buffer;
      EXPECT_EQ((co_await s.read(buffer)).error(), Errc::stopped);
      EXPECT_EQ((co_await s.readable()).error(), Errc::stopped);
    };
    const auto peek = [](Tcp& s) -> Task<void> {
      std::array<std::byte, 8> buffer;
      EXPECT_EQ((co_await s.peek_past(0, buffer)).error(), Errc::stopped);
    };
    const auto write = [](Tcp& s) -> Task<void> {
      const std::vector<std::byte> much(16U << 20);
      EXPECT_EQ((co_await s.write(much)).error(), Errc::stopped);
    };
    const auto choose = [](Tcp& s, Tcp& t) -> Task<void> {
      EXPECT_EQ((co_await first_readable(s, t)).error(), Errc::stopped);
    };
    TaskGroup group(loop);
    group.spawn(read(a));
    group.spawn(write(a));
    group.spawn(peek(c));
    co_await yield();
    group.stop();
    co_await group.join();
    TaskGroup second(loop);
    second.spawn(choose(c, d));
    co_await yield();
    second.stop();
    co_await second.join();
  });
}

TEST(Tcp, IsUsableAfterACancelledWait) {
  run([](Loop& loop) -> Task<void> {
    auto [a, b] = streams(loop);
    std::array<std::byte, 64> buffer;
    for (int round = 0; round < 3; ++round) {
      Deadline deadline(loop.wheel(), a, 5ms);
      EXPECT_EQ((co_await a.read(buffer)).error(), Errc::timed_out);
    }
    TaskGroup group(loop);
    group.spawn(send_later(b, 5ms, "after"));
    EXPECT_EQ(text_of(buffer, (co_await a.read(buffer)).value_or(0)), "after");
    co_await group.join();
  });
}

TEST(Tcp, ConnectsAndNamesWhyItCannot) {
  run([](Loop& loop) -> Task<void> {
    const Fd listening(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listening.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size);
    const Endpoint to{Address::v4(INADDR_LOOPBACK), ntohs(address.sin_port)};

    Tcp refused = *Tcp::adopt(loop, Fd(::socket(AF_INET, SOCK_STREAM, 0)));
    EXPECT_EQ((co_await refused.connect(to)).error(), Errc::origin_refused);  // bound, not listening

    EXPECT_EQ(::listen(listening.get(), 1), 0);
    Tcp stream = *Tcp::adopt(loop, Fd(::socket(AF_INET, SOCK_STREAM, 0)));
    EXPECT_TRUE((co_await stream.connect(to)).has_value());
    EXPECT_EQ(stream.peer().value_or(Endpoint{}), to);
    EXPECT_NE(stream.local().value_or(Endpoint{}).port, 0);
    EXPECT_TRUE((co_await stream.write(as_bytes("x"))).has_value());
  });
}

// A full accept queue drops the SYN, as a silent origin would.
TEST(Tcp, ConnectingEndsWithItsDeadline) {
  run([](Loop& loop) -> Task<void> {
    const Fd listening(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listening.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listening.get(), 0), 0);
    ::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size);
    const Endpoint to{Address::v4(INADDR_LOOPBACK), ntohs(address.sin_port)};
    Tcp filler = *Tcp::adopt(loop, Fd(::socket(AF_INET, SOCK_STREAM, 0)));
    EXPECT_TRUE((co_await filler.connect(to)).has_value());
    Tcp stream = *Tcp::adopt(loop, Fd(::socket(AF_INET, SOCK_STREAM, 0)));
    Deadline deadline(loop.wheel(), stream, 30ms);
    EXPECT_EQ((co_await stream.connect(to)).error(), Errc::timed_out);
    EXPECT_TRUE(deadline.expired());
  });
}

// What nobody waits for is told by a level-triggered set again and again, unless it is not asked for any more.
TEST(Tcp, WhatNobodyWaitsForCostsNothingAndIsNotLost) {
  run([](Loop& loop) -> Task<void> {
    auto [a, b] = streams(loop);
    auto [c, d] = streams(loop);
    EXPECT_TRUE((co_await b.write(as_bytes("early"))).has_value());
    d.reset();
    const Duration before = cpu_of_thread();
    rusage start{}, end{};
    ::getrusage(RUSAGE_THREAD, &start);
    EXPECT_TRUE((co_await sleep(loop.wheel(), 300ms)).has_value());
    ::getrusage(RUSAGE_THREAD, &end);
    EXPECT_LT(cpu_of_thread() - before, 50ms);
    EXPECT_LT(end.ru_nvcsw - start.ru_nvcsw, 20);

    Deadline deadline(loop.wheel(), a, c, 5s);
    EXPECT_EQ((co_await select(a, want_in, c, want_nothing)).value().a, want_in);
    EXPECT_EQ((co_await select(a, want_nothing, c, want_error)).value().b, want_error);
    std::array<std::byte, 64> buffer;
    EXPECT_EQ(text_of(buffer, (co_await a.read(buffer)).value_or(0)), "early");
    EXPECT_EQ((co_await c.read(buffer)).error(), Errc::reset);
  });
}

// The set is asked for room only while somebody waits for it: a socket has room nearly always.
TEST(Tcp, RoomToWriteDoesNotWakeWhoReads) {
  run([](Loop& loop) -> Task<void> {
    auto [a, b] = streams(loop);
    auto [c, d] = streams(loop);
    EXPECT_EQ((co_await select(a, want_out, c, want_nothing)).value().a, want_out);
    std::array<std::byte, 64> buffer;
    Deadline deadline(loop.wheel(), a, 300ms);
    const Duration before = cpu_of_thread();
    EXPECT_EQ((co_await a.read(buffer)).error(), Errc::timed_out);
    EXPECT_LT(cpu_of_thread() - before, 50ms);
  });
}

TEST(Tcp, MayBeMovedAndClosedTwice) {
  run([](Loop& loop) -> Task<void> {
    auto [a, b] = streams(loop);
    Tcp moved = std::move(a);
    EXPECT_FALSE(a);
    a.close();
    a = std::move(moved);
    a.close();
    a.close();
    std::array<std::byte, 8> buffer;
    EXPECT_EQ((co_await b.read(buffer)).value_or(9), 0U);
  });
}

TEST(Tcp, ResetIsSeenAsResetByThePeer) {
  run([](Loop& loop) -> Task<void> {
    Pair pair = tcp_pair();
    Tcp stream = *Tcp::adopt(loop, std::move(pair.a));
    stream.reset();
    EXPECT_EQ(next_from(pair.b.get()), -ECONNRESET);
    co_return;
  });
}

// --- peek -----------------------------------------------------------------------------------------------------------

TEST(Peek, ConsumesNothingAndWaitsOnlyForWhatIsNew) {
  run([](Loop& loop) -> Task<void> {
    auto [a, b] = streams(loop);
    std::array<std::byte, 64> buffer;
    TaskGroup group(loop);
    group.spawn(send_later(b, 0ms, "abc"));
    Result<Peeked> first = co_await a.peek_past(0, buffer);
    EXPECT_EQ(as_text(first.value().bytes), "abc");
    group.spawn(send_later(b, 20ms, "def"));
    Result<Peeked> second = co_await a.peek_past(3, buffer);
    EXPECT_EQ(as_text(second.value().bytes), "abcdef");
    EXPECT_FALSE(second->ended);
    int low_water = 0;
    socklen_t size = sizeof low_water;
    ::getsockopt(a.fd(), SOL_SOCKET, SO_RCVLOWAT, &low_water, &size);
    EXPECT_EQ(low_water, 1);
    EXPECT_EQ(text_of(buffer, (co_await a.read(buffer)).value_or(0)), "abcdef");
    co_await group.join();
  });
}

// Without SO_RCVLOWAT the bytes that were seen already wake the wait again and again.
TEST(Peek, DoesNotSpinOverBytesAlreadySeen) {
  run([](Loop& loop) -> Task<void> {
    auto [a, b] = streams(loop);
    std::array<std::byte, 64> buffer;
    EXPECT_TRUE((co_await b.write(as_bytes("half a hello"))).has_value());
    EXPECT_EQ((co_await a.peek_past(0, buffer)).value().bytes.size(), 12U);
    Deadline deadline(loop.wheel(), a, 300ms);
    const Duration before = cpu_of_thread();
    rusage start{}, end{};
    ::getrusage(RUSAGE_THREAD, &start);
    EXPECT_EQ((co_await a.peek_past(12, buffer)).error(), Errc::timed_out);
    ::getrusage(RUSAGE_THREAD, &end);
    EXPECT_LT(cpu_of_thread() - before, 50ms);
    EXPECT_LT(end.ru_nvcsw - start.ru_nvcsw, 20);
  });
}

TEST(Peek, RestoresTheLowWaterMarkAfterATimeout) {
  run([](Loop& loop) -> Task<void> {
    auto [a, b] = streams(loop);
    std::array<std::byte, 64> buffer;
    EXPECT_TRUE((co_await b.write(as_bytes("abc"))).has_value());
    EXPECT_TRUE((co_await a.peek_past(0, buffer)).has_value());
    {
      Deadline deadline(loop.wheel(), a, 10ms);
      EXPECT_EQ((co_await a.peek_past(3, buffer)).error(), Errc::timed_out);
    }
    EXPECT_TRUE((co_await a.readable()).has_value());
    EXPECT_EQ(text_of(buffer, (co_await a.read(buffer)).value_or(0)), "abc");
  });
}

TEST(Peek, ShowsTheEndBehindTheBytes) {
  run([](Loop& loop) -> Task<void> {
    auto [a, b] = streams(loop);
    std::array<std::byte, 64> buffer;
    EXPECT_TRUE((co_await b.write(as_bytes("abc"))).has_value());
    EXPECT_FALSE((co_await a.peek_past(0, buffer)).value().ended);
    EXPECT_TRUE(b.shutdown_send().has_value());
    const Result<Peeked> peeked = co_await a.peek_past(3, buffer);
    EXPECT_TRUE(peeked.value().ended);
    EXPECT_EQ(as_text(peeked->bytes), "abc");
    EXPECT_EQ(text_of(buffer, (co_await a.read(buffer)).value_or(0)), "abc");
    const Result<Peeked> nothing = co_await a.peek_past(0, buffer);
    EXPECT_TRUE(nothing.value().ended);
    EXPECT_TRUE(nothing->bytes.empty());
  });
}

// The bytes that were seen hide the reset from recv(); poll() shows it for ever, which would be a spin.
TEST(Peek, SeesAResetBehindTheBytes) {
  run([](Loop& loop) -> Task<void> {
    auto [a, b] = streams(loop);
    std::array<std::byte, 64> buffer;
    EXPECT_TRUE((co_await b.write(as_bytes("abc"))).has_value());
    EXPECT_TRUE((co_await a.peek_past(0, buffer)).has_value());
    b.reset();
    EXPECT_EQ((co_await a.peek_past(3, buffer)).error(), Errc::reset);
  });
}

TEST(Peek, ReturnsAtOnceWhenTheBufferIsFull) {
  run([](Loop& loop) -> Task<void> {
    auto [a, b] = streams(loop);
    std::array<std::byte, 4> buffer;
    EXPECT_TRUE((co_await b.write(as_bytes("abcdef"))).has_value());
    EXPECT_EQ((co_await a.peek_past(0, buffer)).value().bytes.size(), 4U);
    EXPECT_EQ((co_await a.peek_past(4, buffer)).value().bytes.size(), 4U);
  });
}

// --- select ---------------------------------------------------------------------------------------------------------

TEST(Select, NamesWhoSpeaksFirst) {
  run([](Loop& loop) -> Task<void> {
    auto [client, client_end] = streams(loop);
    auto [origin, origin_end] = streams(loop);
    TaskGroup group(loop);
    group.spawn(send_later(origin_end, 10ms, "220 ready"));
    Result<Readiness> first = co_await first_readable(client, origin);
    EXPECT_EQ(first.value().a, want_nothing);
    EXPECT_EQ(first.value().b, want_in);
    std::array<std::byte, 64> buffer;
    (void)co_await origin.read(buffer);
    group.spawn(send_later(client_end, 10ms, "EHLO"));
    first = co_await first_readable(client, origin);
    EXPECT_EQ(first.value().a, want_in);
    EXPECT_EQ(first.value().b, want_nothing);
    first = co_await first_readable(client, origin);  // it is still there
    EXPECT_EQ(first.value().a, want_in);
    co_await group.join();
  });
}

TEST(Select, EndsWithTheDeadlineOfEitherStream) {
  run([](Loop& loop) -> Task<void> {
    auto [a, b] = streams(loop);
    auto [c, d] = streams(loop);
    {
      Deadline deadline(loop.wheel(), c, 10ms);
      EXPECT_EQ((co_await first_readable(a, c)).error(), Errc::timed_out);
      EXPECT_EQ((co_await first_readable(a, c)).error(), Errc::timed_out);
    }
    const Result<Readiness> ready = co_await select(a, want_in | want_out, c, want_in);
    EXPECT_EQ(ready.value().a, want_out);
  });
}

// --- deadline -------------------------------------------------------------------------------------------------------

TEST(Deadline, EndsThePendingOperationAndLaterOnesUntilItsScopeEnds) {
  run([](Loop& loop) -> Task<void> {
    auto [a, b] = streams(loop);
    std::array<std::byte, 8> buffer;
    {
      Deadline deadline(loop.wheel(), a, 20ms);
      const Monotonic begun = loop.now();
      EXPECT_EQ((co_await a.read(buffer)).error(), Errc::timed_out);
      EXPECT_GE(loop.now() - begun, 20ms);
      EXPECT_LT(loop.now() - begun, 200ms);
      EXPECT_TRUE(deadline.expired());
      EXPECT_EQ((co_await a.write(as_bytes("x"))).error(), Errc::timed_out);
      EXPECT_TRUE((co_await b.write(as_bytes("x"))).has_value());  // the other end is not covered
    }
    EXPECT_EQ((co_await a.read(buffer)).value_or(0), 1U);
  });
}

TEST(Deadline, IsPostponedByRestartWhileAnOperationIsPending) {
  run([](Loop& loop) -> Task<void> {
    auto [a, b] = streams(loop);
    Deadline deadline(loop.wheel(), a, 40ms);
    const auto restarter = [](Loop& l, Deadline& d) -> Task<void> {
      for (int i = 0; i < 5; ++i) {
        (void)co_await sleep(l.wheel(), 20ms);
        d.restart(40ms);
      }
    };
    TaskGroup group(loop);
    group.spawn(restarter(loop, deadline));
    const Monotonic begun = loop.now();
    std::array<std::byte, 8> buffer;
    EXPECT_EQ((co_await a.read(buffer)).error(), Errc::timed_out);
    EXPECT_GE(loop.now() - begun, 140ms);
    co_await group.join();
    deadline.restart(10ms);  // also shortens, and revives
    EXPECT_FALSE(deadline.expired());
    EXPECT_EQ((co_await a.read(buffer)).error(), Errc::timed_out);
  });
}

TEST(Deadline, IsBroughtForwardByRestart) {
  run([](Loop& loop) -> Task<void> {
    auto [a, b] = streams(loop);
    std::array<std::byte, 8> buffer;
    Deadline deadline(loop.wheel(), a, 5s);
    const Monotonic begun = loop.now();
    deadline.restart(10ms);
    EXPECT_EQ((co_await a.read(buffer)).error(), Errc::timed_out);
    EXPECT_LT(loop.now() - begun, 1s);
  });
}

TEST(Deadline, NestsAndTheFirstToExpireCounts) {
  run([](Loop& loop) -> Task<void> {
    auto [a, b] = streams(loop);
    std::array<std::byte, 8> buffer;
    Deadline whole(loop.wheel(), a, 30ms);
    {
      Deadline part(loop.wheel(), a, 500ms);
      EXPECT_EQ((co_await a.read(buffer)).error(), Errc::timed_out);
      EXPECT_FALSE(part.expired());
    }
    EXPECT_TRUE(whole.expired());
  });
}

TEST(Deadline, OfZeroNeverExpires) {
  run([](Loop& loop) -> Task<void> {
    auto [a, b] = streams(loop);
    Deadline never(loop.wheel(), a, Duration::zero());
    EXPECT_EQ(loop.wheel().size(), 0U);
    EXPECT_TRUE((co_await a.write(as_bytes("x"))).has_value());
  });
}

TEST(Deadline, MayOutliveItsStream) {
  run([](Loop& loop) -> Task<void> {
    auto [a, b] = streams(loop);
    Deadline deadline(loop.wheel(), a, 5ms);
    a.close();
    (void)co_await sleep(loop.wheel(), 20ms);
    EXPECT_TRUE(deadline.expired());
  });
}

// --- closing --------------------------------------------------------------------------------------------------------

// close() with unread input sends RST, which destroys an answer that the peer has not read yet.
TEST(DrainAndClose, LetsTheAnswerArriveThoughInputWasNotRead) {
  std::string got;
  Pair pair = tcp_pair();
  std::thread client;
  run([&](Loop& loop) -> Task<void> {
    Tcp server = *Tcp::adopt(loop, std::move(pair.a));
    send_text(pair.b.get(), std::string(100'000, 'q'));
    EXPECT_TRUE((co_await server.write(as_bytes("HTTP/1.1 403 Forbidden\r\n\r\n"))).has_value());
    client = std::thread([&] {
      std::this_thread::sleep_for(20ms);
      got = receive_all(pair.b.get());
      pair.b.reset();
    });
    co_await drain_and_close(std::move(server), loop.wheel(), 2s, 1U << 20);
  });
  client.join();
  EXPECT_EQ(got, "HTTP/1.1 403 Forbidden\r\n\r\n");
}

TEST(DrainAndClose, EndsByTimeAndByBytes) {
  run([](Loop& loop) -> Task<void> {
    Pair silent = tcp_pair();
    const Monotonic begun = loop.now();
    co_await drain_and_close(*Tcp::adopt(loop, std::move(silent.a)), loop.wheel(), 30ms, 1U << 20);
    EXPECT_GE(loop.now() - begun, 30ms);
    EXPECT_EQ(next_from(silent.b.get()), 0);

    Pair loud = tcp_pair();
    send_text(loud.b.get(), std::string(50'000, 'x'));
    co_await drain_and_close(*Tcp::adopt(loop, std::move(loud.a)), loop.wheel(), 5s, 10'000);
    EXPECT_LT(loop.now() - begun, 2s);
  });
}

}  // namespace
}  // namespace weir::io::test
