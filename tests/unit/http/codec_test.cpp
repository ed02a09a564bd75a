// What the vectors cannot say: reuse, limits, cost, and the responses' delivery to clients of different ages.

#include <gtest/gtest.h>

#include <chrono>

#include "http/body.h"
#include "http/h1_decode.h"
#include "http/h1_encode.h"

namespace weir::http {
namespace {

Request decoded(std::string_view text) {
  HeadScan scan;
  Request request;
  const auto complete = decode_request(as_bytes(text), {}, scan, request);
  EXPECT_TRUE(complete && *complete) << text;
  return request;
}

// RFC 9112 §9.3: who may send a second request.
TEST(Http1Decode, KnowsWhetherTheConnectionPersists) {
  EXPECT_TRUE(decoded("GET / HTTP/1.1\r\nHost: a\r\n\r\n").persistent);
  EXPECT_FALSE(decoded("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n").persistent);
  EXPECT_FALSE(decoded("GET / HTTP/1.0\r\nHost: a\r\n\r\n").persistent);
  EXPECT_TRUE(decoded("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n").persistent);
  EXPECT_FALSE(decoded("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n").persistent);
}

// RFC 9110 §9.2.2: what may be sent twice.
TEST(Http1Decode, KnowsIdempotentMethods) {
  for (const char* method : {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"}) {
    EXPECT_TRUE(decoded(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n").idempotent()) << method;
  }
  for (const char* method : {"POST", "PATCH", "get", "LOCK"}) {
    EXPECT_FALSE(decoded(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n").idempotent()) << method;
  }
}

// A Head that is used again must not remember the one before.
TEST(Http1Decode, LeavesNothingOfTheHeadBefore) {
  Request request;
  for (const std::string_view text :
       {"OPTIONS http://b/ HTTP/1.0\r\nHost: a\r\nConnection: upgrade, x\r\nUpgrade: y\r\nMax-Forwards: 0\r\n"
        "Content-Length: 7\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n"}) {
    HeadScan scan;
    ASSERT_TRUE(decode_request(as_bytes(text), {}, scan, request).value());
  }
  EXPECT_EQ(request.host, "a");
  EXPECT_EQ(request.fields.size(), 1U);
  EXPECT_TRUE(request.framing.empty());
  EXPECT_FALSE(request.upgrade || request.nominates || request.last_hop || request.absolute);
}

// RFC 9110 §7.6.2.
TEST(Http1Decode, SeesTheLastHop) {
  EXPECT_TRUE(decoded("TRACE / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n").last_hop);
  EXPECT_FALSE(decoded("TRACE / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 1\r\n\r\n").last_hop);
}

// A head of 60 KiB that drips in octet by octet: reading it again from the beginning each time would be 1.8 billion
// octets, some seconds; once through takes milliseconds.
TEST(Http1Decode, DoesNotReadASlowDripAgainAndAgain) {
  const std::string text = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(60'000, 'a') + "\r\n\r\n";
  HeadScan scan;
  Request request;
  const auto before = std::chrono::steady_clock::now();
  for (std::size_t size = 1; size < text.size(); ++size) {
    ASSERT_FALSE(decode_request(as_bytes(text).first(size), {}, scan, request).value());
  }
  EXPECT_TRUE(decode_request(as_bytes(text), {}, scan, request).value());
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(500));
}

// The limits hold whether the octets come at once or not.
TEST(Http1Decode, HoldsItsLimitsOnWholeHeads) {
  const auto outcome = [](const std::string& text) {
    HeadScan scan;
    Request request;
    const HeadLimits limits{.bytes = 200, .fields = 3, .target = 100};
    return decode_request(as_bytes(text), limits, scan, request);
  };
  EXPECT_TRUE(outcome("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 1\r\n\r\n").value());
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 1\r\nC: 1\r\n\r\n").error(), Errc::head_too_large);
  EXPECT_EQ(outcome("GET /" + std::string(90, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n").error(), Errc::target_too_long);
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(200, 'a') + "\r\n\r\n").error(),
            Errc::head_too_large);
}

// RFC 9112 §9.3 and §9.6: the answer tells this client, not the next hop, what happens to its connection.
TEST(Http1Encode, TellsTheClientAboutItsOwnConnection) {
  const std::string_view text =
      "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: 5\r\nContent-Length: 0\r\n\r\n";
  HeadScan scan;
  Response response;
  ASSERT_TRUE(decode_response(as_bytes(text), {}, {}, scan, response).value());
  const auto encoded = [&](Delivery delivery) {
    std::string out;
    encode_response(response, delivery, out);
    return out;
  };
  EXPECT_EQ(encoded({}), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(encoded({.close = true}), "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(encoded({.keep_alive = true}), "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n");
}

// RFC 9112 §6.1: chunked does not exist for an HTTP/1.0 client.
TEST(Http1Encode, HidesTheCodingFromAClientThatCannotReadIt) {
  const std::string_view text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  HeadScan scan;
  Response response;
  ASSERT_TRUE(decode_response(as_bytes(text), {}, {}, scan, response).value());
  std::string out;
  encode_response(response, {.framing = Framing::Kind::until_close, .close = true}, out);
  EXPECT_EQ(out, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
}

// RFC 9112 §7.1.
TEST(Http1Encode, WritesChunkSizes) {
  EXPECT_EQ(chunk_line(1).view(), "1\r\n");
  EXPECT_EQ(chunk_line(0x1f4).view(), "1f4\r\n");
  EXPECT_EQ(chunk_line(~std::size_t{0}).view(), "ffffffffffffffff\r\n");
}

// The piece out of several chunks is moved together where it arrived, and nothing behind the message is touched.
TEST(Http1Body, PutsChunksTogetherInPlace) {
  std::string octets = "3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\nrest";
  BodyDecoder body(Framing{Framing::Kind::chunked, 0});
  const auto piece = body.decode(std::as_writable_bytes(std::span(octets)));
  ASSERT_TRUE(piece);
  EXPECT_EQ(as_text(piece->payload), "abcde");
  EXPECT_TRUE(body.done());
  EXPECT_EQ(octets.substr(piece->consumed), "rest");
}

// RFC 9112 §8: only one of the framings may end with the connection.
TEST(Http1Body, KnowsAnEndFromACut) {
  EXPECT_TRUE(BodyDecoder(Framing{Framing::Kind::until_close, 0}).closed());
  EXPECT_TRUE(BodyDecoder(Framing{Framing::Kind::length, 0}).closed());
  EXPECT_FALSE(BodyDecoder(Framing{Framing::Kind::length, 1}).closed());
  EXPECT_FALSE(BodyDecoder(Framing{Framing::Kind::chunked, 0}).closed());
}

}  // namespace
}  // namespace weir::http
