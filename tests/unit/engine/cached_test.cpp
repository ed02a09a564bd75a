// Requests that the cache answers, and those that it must not: what client and origin hear, and what is written down.

#include <algorithm>

#include "served.h"

namespace weir::engine {
namespace {

constexpr std::uint64_t ceiling = 8 << 20;

class Cached : public ServedTest {
 protected:
  Cached() : ServedTest({}, ceiling, 2) {}

  /// The origin's next connection, once it has heard a request whose head contains `expected`.
  Peer asked(std::string_view expected = "GET /a?q ") {
    Peer origin = origin_.accept();
    const std::string head = origin.head();
    EXPECT_NE(head.find(expected), head.npos) << head;
    return origin;
  }
  /// What the cache did for each request so far, the first one first; "-" where it had no part.
  std::string results(std::size_t n) {
    auto written = records(n);
    std::ranges::sort(written, {}, &account::Record::ts);
    std::string all;
    for (const auto& record : written) {
      if (!all.empty()) all += ' ';
      all += record.cache ? word(*record.cache) : "-";
    }
    return all;
  }
};

constexpr std::string_view minute =
    "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nETag: \"a\"\r\nContent-Length: 6\r\n\r\n";
const std::string stored = std::string(minute) + "stored";

/// A response without its Date and Age, which tests do not know.
std::string without_times(std::string text) {
  for (const std::string_view name : {"Date: ", "Age: "}) {
    const std::size_t at = text.find(name);
    if (at != text.npos) text.erase(at, text.find('\n', at) + 1 - at);
  }
  return text;
}

std::string ask(std::string_view more, std::string_view method = "GET") {
  return std::string(method) + " /a?q HTTP/1.1\r\nHost: origin.example\r\n" + std::string(more) + "\r\n";
}

/// An answer with a body of known length, as it comes next.
std::string answer(Peer& client, std::size_t body = 6) {
  const std::string head = client.head();
  return without_times(head) + client.hear(body);
}

// RFC 9111 §4: a fresh response answers, with its Age, whoever asks on whatever worker.
TEST_F(Cached, AnswersFromMemory) {
  Peer first = client();
  first.say(get);
  Peer origin = asked();
  origin.say(stored);
  EXPECT_EQ(first.hear(stored.size()), stored) << "the first answer is as it came";
  Peer second = client(1);
  second.say(get);
  const std::string head = second.head();
  EXPECT_NE(head.find("\r\nAge: 0\r\n"), head.npos) << head;
  EXPECT_EQ(without_times(head) + second.hear(6), stored);
  first.say(get);
  EXPECT_EQ(answer(first), stored);
  EXPECT_TRUE(origin_.nobody_calls());
  EXPECT_TRUE(origin.silent());
  EXPECT_EQ(results(3), "miss hit hit");
}

// RFC 9112 §9.3: the connection with which something was fetched is there for the next request that is not stored.
TEST_F(Cached, KeepsTheOriginsConnection) {
  Peer one = client();
  one.say(get);
  Peer origin = asked();
  origin.say(stored);
  one.hear(stored.size());
  one.say("GET /other HTTP/1.1\r\nHost: origin.example\r\n\r\n");
  EXPECT_EQ(origin.head(), "GET /other HTTP/1.1\r\nHost: origin.example\r\n\r\n");
  origin.say(ok);
  EXPECT_EQ(one.hear(ok.size()), ok);
  EXPECT_EQ(results(2), "miss bypass");
}

// RFC 9111 §4.3: If-None-Match goes to the origin, and 304 makes the stored response fresh again.
TEST_F(Cached, ValidatesWhatIsStale) {
  Peer one = client();
  one.say(get);
  Peer origin = asked();
  origin.say(
      "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nAge: 60\r\nETag: \"a\"\r\nX: 1\r\nContent-Length: "
      "6\r\n\r\nstored");
  one.head();
  one.hear(6);
  one.say(get);
  EXPECT_EQ(origin.head(), ask("If-None-Match: \"a\"\r\n"));
  origin.say("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nX: 2\r\n\r\n");
  const std::string renewed =
      "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nETag: \"a\"\r\nX: 2\r\nContent-Length: 6\r\n\r\nstored";
  EXPECT_EQ(answer(one), renewed);
  one.say(get);
  EXPECT_EQ(answer(one), renewed);
  EXPECT_EQ(results(3), "miss revalidated hit");
}

// RFC 9110 §13: who has it already is told so.
TEST_F(Cached, AnswersConditionsAndParts) {
  Peer one = client();
  one.say(get);
  Peer origin = asked();
  origin.say(stored);
  one.hear(stored.size());
  one.say(ask("If-None-Match: W/\"a\"\r\n"));
  EXPECT_EQ(without_times(one.head()), "HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=60\r\nETag: \"a\"\r\n\r\n");
  one.say(ask("", "HEAD"));
  EXPECT_EQ(without_times(one.head()), minute);
  one.say(ask("Range: bytes=2-3\r\n"));
  const std::string part = one.head();
  EXPECT_TRUE(part.starts_with("HTTP/1.1 206 Partial Content\r\n"));
  EXPECT_NE(part.find("Content-Range: bytes 2-3/6\r\nContent-Length: 2\r\n"), part.npos) << part;
  EXPECT_EQ(one.hear(2), "or");
  one.say(ask("Range: bytes=9-\r\n"));
  EXPECT_TRUE(one.head().starts_with("HTTP/1.1 416 Range Not Satisfiable\r\n"));
  one.say(get);
  EXPECT_EQ(answer(one), stored) << "nothing of the others is left on the connection";
  EXPECT_EQ(results(6), "miss hit hit hit hit hit");
}

// RFC 9111 §4.4: a change invalidates its target and the targets that its answer names, on the same host only.
TEST_F(Cached, ForgetsWhatAChangeMayHaveOutdated) {
  Peer one = client();
  Peer origin;
  const auto fetch = [&](const std::string& target, bool expected) {
    one.say("GET " + target + " HTTP/1.1\r\nHost: origin.example\r\n\r\n");
    if (expected) {
      if (origin.fd() < 0) origin = origin_.accept();
      EXPECT_TRUE(origin.head().starts_with("GET " + target + " ")) << target;
      origin.say(stored);
    }
    EXPECT_EQ(answer(one), stored);
  };
  for (const char* target : {"/dir/a", "/dir/b", "/c", "/d"}) fetch(target, true);
  one.say("POST /dir/a HTTP/1.1\r\nHost: origin.example\r\nContent-Length: 1\r\n\r\nx");
  origin.head();
  origin.hear(1);
  origin.say(
      "HTTP/1.1 201 Created\r\nLocation: b\r\nContent-Location: http://Origin.Example/c\r\n"
      "Content-Location: http://other.example/d\r\nContent-Length: 0\r\n\r\n");
  one.head();
  for (const char* target : {"/dir/a", "/dir/b", "/c"}) fetch(target, true);
  fetch("/d", false);
}

TEST_F(Cached, KeepsWhatAFailedChangeDidNotTouch) {
  Peer one = client();
  one.say(get);
  Peer origin = asked();
  origin.say(stored);
  one.hear(stored.size());
  one.say(ask("Content-Length: 0\r\n", "POST"));
  origin.head();
  origin.say("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
  one.head();
  one.say(get);
  EXPECT_EQ(answer(one), stored);
}

// RFC 5861 §4, RFC 9111 §4.2.4.
TEST_F(Cached, HidesAnErrorBehindAStaleResponse) {
  Peer one = client();
  one.say(get);
  Peer origin = asked();
  origin.say(
      "HTTP/1.1 200 OK\r\nCache-Control: max-age=60, stale-if-error=600\r\nAge: 60\r\nContent-Length: 6\r\n\r\nstored");
  one.head();
  one.hear(6);
  one.say(get);
  EXPECT_EQ(origin.head(), get);
  origin.say("HTTP/1.1 503 No\r\nContent-Length: 5\r\n\r\nerror");
  one.head();
  EXPECT_EQ(one.hear(6), "stored");
  one.say(get);
  Peer again = asked();
  again.close();
  one.head();
  EXPECT_EQ(one.hear(6), "stored");
  EXPECT_EQ(results(3), "miss stale stale");
}

// RFC 5861 §3: the answer comes at once, the news behind it.
TEST_F(Cached, RefreshesBehindTheAnswer) {
  Peer one = client();
  one.say(get);
  Peer origin = asked();
  origin.say(
      "HTTP/1.1 200 OK\r\nCache-Control: max-age=60, stale-while-revalidate=600\r\nAge: 60\r\nETag: \"a\"\r\n"
      "Content-Length: 6\r\n\r\nstored");
  one.head();
  one.hear(6);
  one.say(get);
  one.head();
  EXPECT_EQ(one.hear(6), "stored");
  Peer news = asked("If-None-Match: \"a\"\r\n");
  news.say("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 5\r\n\r\nnewer");
  std::string body;
  for (int i = 0; i < 500 && body != "newer"; ++i) {  // it is stored a moment after it was sent
    one.say(get);
    const std::string head = one.head();
    body = one.hear(head.find("Content-Length: 5") == head.npos ? 6 : 5);
  }
  EXPECT_EQ(body, "newer");
}

// RFC 9111 §5.2.1.7.
TEST_F(Cached, RefusesWhatWouldHaveToBeFetched) {
  Peer one = client();
  one.say(ask("Cache-Control: only-if-cached\r\n"));
  EXPECT_TRUE(one.head().starts_with("HTTP/1.1 504 Gateway Timeout\r\n"));
  one.hear_until("\n");
  EXPECT_TRUE(origin_.nobody_calls());
}

// RFC 9111 §5.2.1.7: what is stored, or a refusal, whatever else the request says.
TEST_F(Cached, AsksNoOriginForThoseWhoWantOnlyWhatIsStored) {
  constexpr std::string_view only = "Cache-Control: only-if-cached, no-store\r\n";
  Peer one = client();
  one.say(ask(only));
  EXPECT_TRUE(one.head().starts_with("HTTP/1.1 504 Gateway Timeout\r\n"));
  one.hear_until("\n");

  one = client();
  one.say(get);
  asked().say(stored);
  EXPECT_EQ(answer(one), stored);
  one.say(ask(only));
  EXPECT_EQ(answer(one), stored);

  for (const std::string_view more : {"If-Match: \"b\"\r\n", "Range: bytes=0-0,2-3\r\n"}) {
    Peer other = client();
    other.say(ask("Cache-Control: only-if-cached\r\n" + std::string(more)));
    EXPECT_TRUE(other.head().starts_with("HTTP/1.1 504 Gateway Timeout\r\n")) << more;
    other.hear_until("\n");
  }
  EXPECT_TRUE(origin_.nobody_calls());
}

// RFC 4559 §6: what is answered on an authenticated connection is its client's alone.
TEST_F(Cached, HasNoPartInConnectionsThatSayWhoTheClientIs) {
  Peer one = client();
  one.say(ask("Authorization: NTLM AAAA\r\n"));
  Peer origin = asked();
  origin.say(stored);
  one.hear(stored.size());
  one.say(get);
  EXPECT_EQ(origin.head(), get);
  origin.say(stored);
  EXPECT_EQ(one.hear(stored.size()), stored);
  Peer other = client();
  other.say(get);
  asked().say(stored);
  EXPECT_EQ(answer(other), stored);
  EXPECT_EQ(results(3), "- - miss");
}

// RFC 9112 §7: chunks end at this hop; what is complete has a length.  RFC 9110 §6.5: trailers need chunks.
TEST_F(Cached, KnowsTheLengthOfWhatCameInChunks) {
  Peer one = client();
  one.say(get);
  Peer origin = asked();
  origin.say("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nsto\r\n");
  EXPECT_EQ(one.hear_until("sto\r\n"),
            "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nsto\r\n");
  origin.say("3\r\nred\r\n0\r\n\r\n");
  EXPECT_EQ(one.hear_until("0\r\n\r\n"), "3\r\nred\r\n0\r\n\r\n");
  one.say(get);
  EXPECT_EQ(answer(one), "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 6\r\n\r\nstored");
}

TEST_F(Cached, KeepsTrailersForThoseWhoCanReadThem) {
  Peer one = client();
  one.say(get);
  Peer origin = asked();
  const std::string chunks = "6\r\nstored\r\n0\r\nX-Sum: 1\r\n\r\n";
  origin.say("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
  one.head();
  EXPECT_EQ(one.hear(chunks.size()), chunks);
  one.say(get);
  EXPECT_NE(one.head().find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_EQ(one.hear(chunks.size()), chunks);
  Peer old = client();
  old.say("GET /a?q HTTP/1.0\r\nHost: origin.example\r\n\r\n");
  EXPECT_NE(old.head().find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(old.rest(), "stored");
}

// RFC 9112 §6.3 item 8: it ends when the connection does, and is known whole then.
TEST_F(Cached, KeepsWhatEndedWithItsConnection) {
  Peer one = client();
  one.say(get);
  Peer origin = asked();
  origin.say("HTTP/1.0 200 OK\r\nCache-Control: max-age=60\r\n\r\nsto");
  EXPECT_EQ(one.hear_until("sto"), "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nConnection: close\r\n\r\nsto");
  origin.say("red");
  origin.close();
  EXPECT_EQ(one.rest(), "red");
  Peer two = client(1);
  two.say(get);
  EXPECT_EQ(answer(two), "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 6\r\n\r\nstored");
}

// RFC 9111 §4.3.5: what a HEAD says makes the stored response fresh, or, where it contradicts it, forgotten.
TEST_F(Cached, LearnsFromHead) {
  const std::string aged =
      "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nAge: 60\r\nETag: \"a\"\r\nContent-Length: 6\r\n\r\n";
  Peer one = client();
  one.say(get);
  Peer origin = asked();
  origin.say(aged + "stored");
  one.hear(aged.size() + 6);
  one.say(ask("", "HEAD"));
  EXPECT_EQ(origin.head(), ask("", "HEAD"));
  origin.say(minute);
  EXPECT_EQ(one.head(), minute);
  one.say(get);
  EXPECT_EQ(answer(one), stored);
  one.say(ask("Cache-Control: no-cache\r\n", "HEAD"));
  origin.head();
  origin.say("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nETag: \"b\"\r\nContent-Length: 6\r\n\r\n");
  one.head();
  one.say(get);
  EXPECT_EQ(origin.head(), get) << "the other representation is not told as this one";
}

// A body that is cut off is passed on as cut off, and never stored.
TEST_F(Cached, KeepsNothingThatWasCutOff) {
  Peer one = client();
  one.say(get);
  Peer origin = asked();
  origin.say(std::string(minute) + "sto");
  EXPECT_EQ(one.hear(minute.size() + 3), std::string(minute) + "sto");
  origin.close();
  EXPECT_TRUE(one.ended());
  one.close();
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::response_truncated);
  Peer two = client();
  two.say(get);
  asked();
}

}  // namespace
}  // namespace weir::engine
