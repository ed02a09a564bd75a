#include "inspect/look.h"

#include <gtest/gtest.h>

#include "hello_builder.h"

namespace weir::inspect {
namespace {

using namespace build;
using namespace std::string_view_literals;
using Kind = Finding::Kind;

Finding once(std::string_view bytes) {
  Look look;
  return look(as_bytes(bytes));
}

TEST(Look, ReadsAHelloThatArrivesByteByByte) {
  const Octets bytes = hello("www.example.com");
  Look look;
  for (std::size_t seen = 0; seen < bytes.size(); ++seen) {
    const Finding found = look(as_bytes(bytes).first(seen));
    ASSERT_EQ(found.kind, Kind::incomplete) << seen;
    ASSERT_GT(found.wants, seen) << "a reader that waits for so much would spin";
    ASSERT_LE(found.wants, bytes.size()) << "a reader that waits for so much would wait for ever";
  }
  const Finding found = look(as_bytes(bytes));
  EXPECT_EQ(found.kind, Kind::tls);
  EXPECT_EQ(found.hello.server_name, "www.example.com");
}

// RFC 8446 §5.1: "Handshake messages MAY be ... fragmented across several records".
TEST(Look, JoinsAHelloCutIntoRecordsAtAnyByte) {
  const Octets whole = message(body(server_name(host("www.example.com"))));
  for (std::size_t cut = 1; cut < whole.size(); ++cut) {
    const Finding found = once(record(whole.substr(0, cut)) + record(whole.substr(cut)));
    ASSERT_EQ(found.kind, Kind::tls) << cut << ' ' << found.why;
    ASSERT_EQ(found.hello.server_name, "www.example.com");
  }
  Octets ones;
  for (const char c : whole) ones += record({&c, 1});
  EXPECT_EQ(once(ones).hello.server_name, "www.example.com");
}

TEST(Look, WaitsForTheEndOfTheRecordThatIsComing) {
  const Octets whole = message(body(server_name(host("www.example.com"))));
  const Octets first = record(whole.substr(0, 50)), second = record(whole.substr(50));
  EXPECT_EQ(once(first.substr(0, 3)).wants, 5u);
  EXPECT_EQ(once(first.substr(0, 6)).wants, first.size());
  EXPECT_EQ(once(first).wants, first.size() + 5);
  EXPECT_EQ(once(first + second.substr(0, 5)).wants, first.size() + second.size());
}

TEST(Look, ReadsHellosOfManyRecordsUpToItsLimit) {
  const auto of_size = [](std::size_t body_size) {
    const Octets name = server_name(host("www.example.com"));
    const Octets suites(40000, '\x13');
    const Octets head = Octets("\x03\x03") + Octets(32, 'r') + '\0' + vector(suites, 2) + vector("\0"sv, 1);
    const Octets padding = extension(21, Octets(body_size - head.size() - 2 - name.size() - 4, '\0'));
    const Octets whole = message(head + vector(name + padding, 2));
    Octets records;
    for (std::size_t at = 0; at < whole.size(); at += 1 << 14) records += record(whole.substr(at, 1 << 14));
    return records;
  };
  EXPECT_EQ(once(of_size(max_hello)).hello.server_name, "www.example.com");
  EXPECT_EQ(once(of_size(max_hello + 1)).why, "a ClientHello that is too long");
}

// The daemon peeks, so what is looked at must fit a receive buffer.
TEST(Look, GivesUpOnAHelloThatIsMostlyRecordHeaders) {
  const Octets whole = message(body(extension(21, Octets(20000, '\0'))));
  Octets ones;
  for (const char c : whole) ones += record({&c, 1});
  ASSERT_GT(ones.size(), max_look);
  EXPECT_EQ(once(ones).why, "a ClientHello cut into too many records");
}

// What follows in records of its own (early data, RFC 8446 §4.2.10) is none of the hello's business.
TEST(Look, StopsAtTheEndOfTheHello) {
  EXPECT_EQ(once(hello("good.example") + record("0-RTT", 23)).kind, Kind::tls);
  EXPECT_EQ(once(hello("good.example") + "garbage").kind, Kind::tls);
}

TEST(Look, RefusesRecordsThatTwoServersCouldReadDifferently) {
  const Octets whole = message(body(server_name(host("bad.example"))));
  const Octets head = whole.substr(0, 9), tail = whole.substr(9);
  EXPECT_EQ(once(record("") + record(whole)).why, "an empty TLS record");
  EXPECT_EQ(once(record(head) + record("") + record(tail)).why, "an empty TLS record");
  EXPECT_EQ(once(record(head) + record("\x01\0"sv, 21) + record(tail)).why,
            "another TLS record within the ClientHello");
  EXPECT_EQ(once(record("\x01\0"sv, 21) + record(whole)).why, "a TLS record before the ClientHello");
  EXPECT_EQ(once(record("\x01", 20) + record(whole)).why, "a TLS record before the ClientHello");
  EXPECT_EQ(once(record(whole + '\0')).why, "bytes behind the ClientHello");
  EXPECT_EQ(once(record(message("", 0) + whole)).why, "a handshake message that is no ClientHello");
  EXPECT_EQ(once(record(Octets(16385, '\1'))).why, "a TLS record that is too long");
  EXPECT_EQ(once("\x16\x02\x00\x00\x05"sv).why, "not a version of TLS in the record header");
  EXPECT_EQ(once(record(message("cut"))).why, "the ClientHello is cut short");
}

TEST(Look, KnowsAtTheFirstByteWhatIsNoTls) {
  EXPECT_EQ(once("\x80\x2e\x01\x03\x01"sv).kind, Kind::other) << "SSLv2 (RFC 6176) cannot carry a name";
  EXPECT_EQ(once("\0"sv).kind, Kind::other);
  EXPECT_EQ(once("\x15\x01"sv).kind, Kind::other);
  EXPECT_EQ(once("").kind, Kind::incomplete);
}

// RFC 9112 §3: request-line = method SP request-target SP HTTP-version
TEST(Look, TakesARequestLineForHttp) {
  EXPECT_EQ(once("GET / HTTP/1.1\r\n").kind, Kind::http);
  EXPECT_EQ(once("BREW pot HTTP/1.1\n").kind, Kind::http);
  EXPECT_EQ(once("\r\nGET / HTTP/1.1\r\n").kind, Kind::http) << "RFC 9112 §2.2: an empty line before the request";
  EXPECT_EQ(once("GET / HTTP/1.1").kind, Kind::incomplete);
  EXPECT_EQ(once("GET").kind, Kind::incomplete);
  EXPECT_EQ(once("\r\n").kind, Kind::incomplete);
  EXPECT_EQ(once(Octets(32, 'M')).kind, Kind::incomplete);
  EXPECT_EQ(once(Octets(33, 'M')).kind, Kind::other);
  EXPECT_EQ(once(Octets(33, '\n')).kind, Kind::http) << "some servers skip any number of empty lines";
  EXPECT_EQ(once("GET /" + Octets(16 << 10, 'x')).kind, Kind::http) << "http/ says that it is too long";
  EXPECT_EQ(once(" GET /\r\n").kind, Kind::other);
  EXPECT_EQ(once("G\x01T /\r\n").kind, Kind::other);
  EXPECT_EQ(once("GET\t/\r\n").kind, Kind::other);
}

// RFC 4253 §4.2: SSH's greeting may hold a space too.
TEST(Look, KeepsOtherGreetingsApartFromHttp) {
  EXPECT_EQ(once("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3").kind, Kind::incomplete);
  EXPECT_EQ(once("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n").kind, Kind::other);
}

}  // namespace
}  // namespace weir::inspect
