// Exchanges between a client and an origin: what each of them hears, and with which reason it ends.

#include "served.h"

namespace weir::engine {
namespace {

class Exchanges : public ServedTest {};

// RFC 9112 §9.3: both connections go on, and the same origin connection serves the same client.
TEST_F(Exchanges, KeepBothConnectionsForTheNextRequest) {
  Peer client = this->client();
  client.say(get);
  Peer origin = origin_.accept();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(origin.head(), get);
    origin.say(ok);
    EXPECT_EQ(client.hear(ok.size()), ok);
    client.say(get);
  }
  origin.head();
  origin.say(ok);
  client.close();
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::client_closed);
  EXPECT_TRUE(origin_.nobody_calls());
  const auto written = records();
  ASSERT_EQ(written.size(), 4U);
  EXPECT_EQ(written[1].url, "http://origin.example/a");
  EXPECT_EQ(written[1].status, 200);
  EXPECT_EQ(written[1].bytes_in, get.size());
  EXPECT_EQ(written[1].bytes_out, ok.size());
}

// What an origin takes for its answer is not Weir's.
TEST_F(Exchanges, AreTimedWithoutTheWaitForTheOrigin) {
  using account::Span;
  constexpr auto thought = std::chrono::milliseconds(300);
  Peer client = this->client();
  client.say(get);
  Peer origin = origin_.accept();
  origin.head();
  std::this_thread::sleep_for(thought);
  origin.say(ok);
  EXPECT_EQ(client.hear(ok.size()), ok);
  client.close();
  endings(1);
  const account::TimingSums took = timings();
  EXPECT_EQ(took.count(Span::origin_held), 1U) << "dialled";
  EXPECT_EQ(took.count(Span::answer), 1U);
  EXPECT_GE(took.of(Span::answer).sum_us,
            250'000U);  // the origin may have got the request a little later than we think
  EXPECT_EQ(took.count(Span::inside), 1U);
  EXPECT_LT(took.of(Span::inside).sum_us, took.of(Span::answer).sum_us);
  EXPECT_EQ(took.count(Span::client_held), 1U) << "the first of four is asked about its way";
  EXPECT_GE(took.segments[static_cast<int>(account::Way::client)].sent, 1U);
  EXPECT_GE(took.segments[static_cast<int>(account::Way::origin)].sent, 1U);
}

TEST_F(Exchanges, WithoutAnAnswerAreNotTimed) {
  Peer client = this->client();
  client.say("GET / HTTP/1.1\r\n");
  client.close();
  endings(1);
  EXPECT_EQ(timings().count(account::Span::inside), 0U);
}

// RFC 9112 §9.3.2: pipelined requests are answered in order.
TEST_F(Exchanges, AnswerPipelinedRequestsInOrder) {
  Peer client = this->client();
  client.say(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /3 "
      "HTTP/1.1\r\nHost: a\r\n\r\n");
  Peer origin = origin_.accept();
  EXPECT_EQ(origin.head(), "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(origin.silent());
  origin.say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
  EXPECT_EQ(origin.head(), "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(origin.hear(3), "abc");
  origin.say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2");
  EXPECT_EQ(origin.head(), "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
  origin.say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n3");
  EXPECT_EQ(client.hear(3 * 39).substr(38, 1) + std::string("23"), "123");
}

// RFC 9112 §7.1: chunks are put together on both ways, without their extensions, trailers kept.
TEST_F(Exchanges, ChunkAnewInBothDirections) {
  Peer client = this->client();
  client.say(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nab\r\n1\r\nc\r\n0\r\nX-T: 1\r\n\r\n");
  Peer origin = origin_.accept();
  origin.head();
  EXPECT_EQ(origin.hear_until("\r\n\r\n"), "3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n");
  origin.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n");
  EXPECT_EQ(client.head(), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(client.hear_until("\r\n\r\n"), "3\r\nabc\r\n0\r\n\r\n");
}

// RFC 9112 §6.1: an HTTP/1.0 client is not sent what it cannot read.
TEST_F(Exchanges, GiveAnOldClientAPlainBody) {
  Peer client = this->client();
  client.say("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
  Peer origin = origin_.accept();
  EXPECT_EQ(origin.head(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  origin.say("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
  EXPECT_EQ(client.rest(), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc");
}

// RFC 9110 §10.1.1: the origin decides whether the body is wanted.
TEST_F(Exchanges, PassExpectationsEndToEnd) {
  Peer client = this->client();
  client.say("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  Peer origin = origin_.accept();
  EXPECT_EQ(origin.head(), "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_TRUE(client.silent());
  origin.say("HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(client.head(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.say("ab");
  EXPECT_EQ(origin.hear(2), "ab");
  origin.say(ok);
  EXPECT_EQ(client.hear(ok.size()), ok);
}

// RFC 9112 §6.3 item 1: HEAD has no body, and the connection goes on.
TEST_F(Exchanges, KnowThatHeadHasNoBody) {
  Peer client = this->client();
  client.say("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  Peer origin = origin_.accept();
  origin.head();
  origin.say("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
  EXPECT_EQ(client.head(), "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
  client.say(get);
  EXPECT_EQ(origin.head(), get);
}

// RFC 9112 §9.2: octets that nobody asked for end the origin's connection, not the client's.
TEST_F(Exchanges, NeverAnswerWithWhatStoodBehindAnAnswer) {
  Peer client = this->client();
  client.say(get);
  Peer first = origin_.accept();
  first.head();
  first.say(std::string(ok) + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON");
  EXPECT_EQ(client.hear(ok.size()), ok);
  client.say(get);
  Peer second = origin_.accept();
  second.head();
  second.say(ok);
  EXPECT_EQ(client.hear(ok.size()), ok);
}

// The same when the octets come late, while the connection is idle.
TEST_F(Exchanges, NeverAnswerWithWhatCameUnasked) {
  Peer client = this->client();
  client.say(get);
  Peer first = origin_.accept();
  first.head();
  first.say(ok);
  EXPECT_EQ(client.hear(ok.size()), ok);
  first.say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nPOISON");
  usleep(20'000);
  client.say(get);
  Peer second = origin_.accept();
  second.head();
  second.say(ok);
  EXPECT_EQ(client.hear(ok.size()), ok);
}

// RFC 9112 §9.3.1: a reused connection that died is no failure of a request that may be repeated.
TEST_F(Exchanges, RepeatASafeRequestOnceOnAFreshConnection) {
  Peer client = this->client();
  client.say(get);
  Peer first = origin_.accept();
  first.head();
  first.say(ok);
  EXPECT_EQ(client.hear(ok.size()), ok);
  client.say(get);
  first.head();
  first.close();
  Peer second = origin_.accept();
  EXPECT_EQ(second.head(), get);
  second.close();
  EXPECT_TRUE(client.head().starts_with("HTTP/1.1 502 "));
}

TEST_F(Exchanges, DoNotRepeatAPost) {
  Peer client = this->client();
  client.say(get);
  Peer first = origin_.accept();
  first.head();
  first.say(ok);
  EXPECT_EQ(client.hear(ok.size()), ok);
  client.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  first.head();
  first.close();
  EXPECT_TRUE(client.head().starts_with("HTTP/1.1 502 "));
  EXPECT_TRUE(origin_.nobody_calls());
  client.close();
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::origin_closed);
}

// A body much larger than the buffers goes through, and an answer that begins before it ends comes back meanwhile.
TEST_F(Exchanges, StreamBothWaysAtOnce) {
  constexpr std::size_t size = 8 << 20;
  Peer client = this->client();
  client.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
  Peer origin = origin_.accept();
  origin.head();
  origin.say("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
  std::thread echo([&] {
    for (std::size_t left = size; left > 0;) {
      const std::string part = origin.hear(std::min<std::size_t>(left, 65536));
      if (part.empty()) return;
      origin.say(part);
      left -= part.size();
    }
  });
  std::thread upload([&] { client.say(std::string(size, 'x')); });
  EXPECT_TRUE(client.head().ends_with("\r\nConnection: close\r\n\r\n"));  // it overtook its request
  EXPECT_EQ(client.hear(size), std::string(size, 'x'));
  upload.join();
  echo.join();
  EXPECT_TRUE(client.ended());
}

// RFC 9112 §9.3: an origin that answers before it has read the request ends the exchange.
TEST_F(Exchanges, DeliverAnEarlyAnswer) {
  Peer client = this->client();
  client.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc");
  Peer origin = origin_.accept();
  origin.head();
  origin.say("HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno");
  EXPECT_EQ(client.rest(), "HTTP/1.1 413 No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
}

// RFC 9110 §7.8: after 101 the octets belong to another protocol, those that came early included.
TEST_F(Exchanges, BecomeATunnelAfterAnUpgrade) {
  Peer client = this->client();
  client.say("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly");
  Peer origin = origin_.accept();
  EXPECT_TRUE(origin.head().ends_with("Connection: upgrade\r\nUpgrade: echo\r\n\r\n"));
  origin.say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello");
  EXPECT_TRUE(client.head().starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(client.hear(5), "hello");
  EXPECT_EQ(origin.hear(5), "early");
  client.say("ping");
  EXPECT_EQ(origin.hear(4), "ping");
  client.finish();
  EXPECT_TRUE(origin.ended());
  origin.say("bye");
  origin.close();
  EXPECT_EQ(client.rest(), "bye");
  client.close();
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::done);
}

// Without 101 it stays HTTP: what follows is the next request.
TEST_F(Exchanges, StayHttpWhenAnUpgradeIsDeclined) {
  Peer client = this->client();
  client.say("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  Peer origin = origin_.accept();
  origin.head();
  origin.say(ok);
  EXPECT_EQ(client.hear(ok.size()), ok);
  client.say("not http at all\r\n\r\n");
  EXPECT_TRUE(client.head().starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(origin.silent());
}

// A connection of a client that has gone serves the next client.
TEST_F(Exchanges, LeaveTheirOriginConnectionToTheNextClient) {
  Peer one = client();
  one.say("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  Peer origin = origin_.accept();
  origin.head();
  origin.say(ok);
  one.rest();
  one.close();
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::done);
  Peer two = client();
  two.say(get);
  EXPECT_EQ(origin.head(), get);
  EXPECT_TRUE(origin_.nobody_calls());
}

// RFC 4559 §6: with NTLM and Negotiate a connection is what was authenticated, so the next client would be somebody
// else there.
TEST_F(Exchanges, KeepAConnectionThatWasToldWhoTheClientIs) {
  Peer one = client();
  one.say("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: NTLM TlRMTVNTUAAB\r\n\r\n");
  Peer origin = origin_.accept();
  origin.head();
  origin.say(ok);
  EXPECT_EQ(one.hear(ok.size()), ok);
  one.say("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  origin.head();
  origin.say(ok);
  one.rest();
  one.close();
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::done);
  EXPECT_TRUE(origin.ended());
  Peer two = client();
  two.say(get);
  EXPECT_EQ(origin_.accept().head(), get);
}

// RFC 9112 §9.3.1: a kept connection may close at any moment, and this request could not be sent again.
TEST_F(Exchanges, SendAPostOnNobodyElsesConnection) {
  Peer one = client();
  one.say("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  Peer origin = origin_.accept();
  origin.head();
  origin.say(ok);
  one.rest();
  one.close();
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::done);
  Peer two = client();
  two.say("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(origin_.accept().head().starts_with("POST / "));
}

// A client that ends its half after the request still gets its answer.
TEST_F(Exchanges, AnswerAClientThatHasSaidEverything) {
  Peer client = this->client();
  client.say(get);
  client.finish();
  Peer origin = origin_.accept();
  origin.head();
  usleep(20'000);
  origin.say(ok);
  EXPECT_EQ(client.rest(), ok);
  client.close();
  EXPECT_EQ(endings(1).at(0).reason, CloseReason::client_closed);
}

}  // namespace
}  // namespace weir::engine
