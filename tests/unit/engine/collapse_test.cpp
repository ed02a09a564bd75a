// One fetch, many readers: who waits for whom, who does not, and what a client can do to the others.

#include <algorithm>

#include "served.h"

namespace weir::engine {
namespace {

constexpr std::uint64_t ceiling = 8 << 20;  // so one object may have a mebibyte

class Collapse : public ServedTest {
 protected:
  Collapse() : ServedTest({}, ceiling, 2) {}

  Peer asked() {
    Peer origin = origin_.accept();
    EXPECT_EQ(origin.head(), get);
    return origin;
  }
};

std::string head_of(std::size_t length) {
  return "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
}
constexpr std::string_view endless =
    "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string chunk(std::size_t size, char c) {
  char line[20];
  std::snprintf(line, sizeof line, "%zx\r\n", size);
  return line + std::string(size, c) + "\r\n";
}

// Everybody gets the first octets before the origin has sent the last.
TEST_F(Collapse, OneFetchServesManyWhileItArrives) {
  std::vector<Peer> clients;
  for (unsigned i = 0; i < 6; ++i) clients.push_back(client(i % 2));
  for (Peer& one : clients) one.say(get);
  Peer origin = asked();
  EXPECT_TRUE(origin_.nobody_calls());
  origin.say(head_of(10) + "first");
  for (Peer& one : clients) {
    EXPECT_TRUE(one.head().starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_EQ(one.hear(5), "first");
  }
  Peer late = client(1);
  late.say(get);
  late.head();
  EXPECT_EQ(late.hear(5), "first");
  origin.say("-last");
  for (Peer& one : clients) EXPECT_EQ(one.hear(5), "-last");
  EXPECT_EQ(late.hear(5), "-last");
  EXPECT_TRUE(origin_.nobody_calls());
  const auto written = records(7);
  EXPECT_EQ(std::ranges::count(written, CacheResult::miss, [](const auto& r) { return *r.cache; }), 1);
  EXPECT_EQ(std::ranges::count(written, CacheResult::joined, [](const auto& r) { return *r.cache; }), 6);
}

// The one whose request caused the fetch is a reader like the others.
TEST_F(Collapse, ASlowFirstClientHoldsUpNobody) {
  constexpr std::size_t size = 900 << 10;
  Peer slow = client();
  const int little = 4096;
  setsockopt(slow.fd(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
  slow.say(get);
  Peer origin = asked();
  origin.say(head_of(size) + std::string(size, 'x'));  // blocks unless somebody takes it
  Peer quick = client(1);
  quick.say(get);
  quick.head();
  EXPECT_EQ(quick.hear(size), std::string(size, 'x'));
  EXPECT_TRUE(slow.head().starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_F(Collapse, AClientThatLeavesDoesNotEndWhatOthersRead) {
  Peer first = client(), second = client(1);
  first.say(get);
  Peer origin = asked();
  origin.say(head_of(10) + "first");
  first.head();
  second.say(get);
  second.head();
  EXPECT_EQ(second.hear(5), "first");
  first.reset();
  endings(1);
  origin.say("-last");
  EXPECT_EQ(second.hear(5), "-last");
}

// A fetch that nobody reads ends, unless little is left of it.
TEST_F(Collapse, AFetchThatNobodyReadsEnds) {
  Peer first = client();
  first.say(get);
  Peer origin = asked();
  origin.say(std::string(endless) + chunk(5, 'x'));
  first.head();
  first.reset();
  endings(1);
  origin.say(chunk(5, 'x'));
  EXPECT_TRUE(origin.was_reset() || origin.ended());
  Peer second = client();
  second.say(get);
  asked();
}

TEST_F(Collapse, AFetchOfWhichLittleIsLeftIsFinished) {
  Peer first = client();
  first.say(get);
  Peer origin = asked();
  origin.say(head_of(10) + "first");
  first.head();
  first.reset();
  endings(1);
  origin.say("-last");
  Peer second = client();
  second.say(get);
  second.head();
  EXPECT_EQ(second.hear(10), "first-last");
  EXPECT_TRUE(origin_.nobody_calls());
}

// Those who waited for what cannot be shared ask for themselves as soon as that is known, and do not wait again.
TEST_F(Collapse, WhatCannotBeStoredHoldsUpNobody) {
  Peer first = client(), second = client(1), third = client(1);
  first.say(get);
  Peer origin = asked();
  second.say(get);
  third.say(get);
  EXPECT_TRUE(origin_.nobody_calls());
  origin.say("HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 10\r\n\r\n");  // and no body yet
  Peer origin2 = asked(), origin3 = asked();
  Peer fourth = client();
  fourth.say(get);
  Peer origin4 = asked();
  for (Peer* each : {&origin2, &origin3, &origin4}) each->say(ok);
  for (Peer* each : {&second, &third, &fourth}) EXPECT_EQ(each->hear(ok.size()), ok);
}

// A first client that leaves before there is an answer takes nothing from the others.
TEST_F(Collapse, OneOfThoseWhoWaitTakesOver) {
  Peer first = client(), second = client(1);
  first.say(get);
  Peer origin = asked();
  second.say(get);
  EXPECT_TRUE(origin_.nobody_calls());
  first.reset();
  Peer again = asked();
  again.say(head_of(2) + "ok");
  second.head();
  EXPECT_EQ(second.hear(2), "ok");
}

// What does not fit is passed through a window to those who have begun to read it, whole, and is not kept.
TEST_F(Collapse, WhatTurnsOutTooLargeIsPassedOnAndNotKept) {
  constexpr std::size_t size = 3 << 20;
  Peer first = client(), second = client(1);
  first.say(get);
  Peer origin = asked();
  origin.say(std::string(endless) + chunk(1, 'x'));
  first.head();
  second.say(get);
  second.head();
  std::thread sending([&] {
    for (std::size_t sent = 0; sent < size; sent += 64 << 10) origin.say(chunk(64 << 10, 'y'));
    origin.say("0\r\nX-T: 1\r\n\r\n");
  });
  std::string one, two;
  std::thread reading([&] { one = first.hear_until("X-T: 1\r\n\r\n"); });
  two = second.hear_until("X-T: 1\r\n\r\n");
  reading.join();
  sending.join();
  EXPECT_EQ(std::ranges::count(one, 'y'), static_cast<long>(size));
  EXPECT_EQ(std::ranges::count(two, 'y'), static_cast<long>(size));
  EXPECT_LT(store_.used(), std::uint64_t{3} << 20);
  Peer third = client();
  third.say(get);
  asked();
}

// Known from the head: it is not shared at all.
TEST_F(Collapse, WhatIsKnownToBeTooLargeIsEverybodysOwn) {
  Peer first = client(), second = client(1);
  first.say(get);
  Peer origin = asked();
  second.say(get);
  EXPECT_TRUE(origin_.nobody_calls());
  origin.say(head_of(2 << 20));
  first.head();
  asked();
}

// The ceiling holds at every moment, bookkeeping included, whatever is asked for.
TEST_F(Collapse, TheCeilingHolds) {
  Peer one = client();
  Peer origin;
  const std::string body(200 << 10, 'x');
  for (int i = 0; i < 100; ++i) {
    one.say("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: origin.example\r\n\r\n");
    if (i == 0) origin = origin_.accept();
    origin.head();
    origin.say(head_of(body.size()) + body);
    one.head();
    ASSERT_EQ(one.hear(body.size()), body);
    ASSERT_LE(store_.used(), ceiling);
  }
  EXPECT_GT(store_.used(), ceiling / 2);
  EXPECT_GT(store_.entries(), 10u);
  store_.purge_all();
  EXPECT_EQ(store_.entries(), 0u);
}

}  // namespace
}  // namespace weir::engine
