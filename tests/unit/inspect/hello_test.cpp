#include "inspect/hello.h"

#include <gtest/gtest.h>

#include "hello_builder.h"

namespace weir::inspect {
namespace {

using namespace build;
using namespace std::string_view_literals;

struct Read {
  std::string_view wrong;
  Hello hello;
};
Read read(std::string_view extensions) {
  Read r;
  r.wrong = read_hello(as_bytes(body(extensions)), r.hello);
  return r;
}

TEST(Hello, FindsNameProtocolsAndEchInAnyOrder) {
  const Octets name = server_name(host("www.example.com"));
  const Octets alpn = extension(16, vector(vector("h2", 1) + vector("http/1.1", 1), 2));
  const Octets ech = extension(0xfe0d, "\0outer"sv);
  const Octets grease = extension(0x3a3a, "");
  for (const Octets& order : {name + alpn + ech + grease, grease + ech + alpn + name, alpn + grease + name + ech}) {
    const Read r = read(order);
    EXPECT_EQ(r.wrong, "");
    EXPECT_EQ(r.hello.server_name, "www.example.com");
    EXPECT_EQ(r.hello.alpn, (std::vector<std::string>{"h2", "http/1.1"}));
    EXPECT_TRUE(r.hello.ech);
  }
}

// What a block list holds must be found however it is written.
TEST(Hello, NormalisesTheName) {
  EXPECT_EQ(read(server_name(host("WWW.eXample.COM."))).hello.server_name, "www.example.com");
  EXPECT_EQ(read(server_name(host("www.example.com:443"))).hello.server_name, "www.example.com");
}

TEST(Hello, MayNameNobody) {
  const Read r = read(extension(43, "\x02\x03\x04"));
  EXPECT_EQ(r.wrong, "");
  EXPECT_EQ(r.hello.server_name, "");
  EXPECT_FALSE(r.hello.ech);
}

// RFC 6066 §3: "MUST NOT contain more than one name of the same name_type"; RFC 8446 §4.2: one extension of a type.
TEST(Hello, RefusesASecondNameWhereverItHides) {
  const Octets good = host("good.example"), bad = host("bad.example");
  EXPECT_EQ(read(server_name(good + bad)).wrong, "more than one server name");
  EXPECT_EQ(read(server_name(bad + bad)).wrong, "more than one server name");
  EXPECT_EQ(read(server_name(good) + server_name(bad)).wrong, "two server_name extensions");
  EXPECT_EQ(read(server_name(good) + extension(21, "pad") + server_name(good)).wrong, "two server_name extensions");
  EXPECT_EQ(read(server_name(Octets("\x01") + vector("good.example", 2) + bad)).wrong,
            "the server name is not of type host_name");
}

// Every length on the way to the name, one too long and one too short.
TEST(Hello, RefusesLengthsThatLie) {
  const Octets name = "bad.example";
  for (const int off : {-1, 1}) {
    const Octets in_host = Octets(1, '\0') + number(name.size() + off, 2) + name;
    EXPECT_NE(read(extension(0, vector(in_host, 2))).wrong, "") << "name " << off;
    EXPECT_NE(read(extension(0, number(host(name).size() + off, 2) + host(name))).wrong, "") << "list " << off;
    const Octets list = vector(host(name), 2);
    EXPECT_NE(read(number(0, 2) + number(list.size() + off, 2) + list).wrong, "") << "extension " << off;

    const Octets block = server_name(host(name));
    Octets whole = body("");
    whole.resize(whole.size() - 2);
    Hello hello;
    EXPECT_NE(read_hello(as_bytes(whole + number(block.size() + off, 2) + block), hello), "") << "extensions " << off;
  }
}

TEST(Hello, RefusesWhatIsNoHostName) {
  for (const auto name :
       {""sv, "."sv, "bad.example.."sv, "bad..example"sv, "bad.example\0.good.example"sv, "bad.example "sv,
        "b\xc3\xa4"
        "d.example"sv}) {
    EXPECT_EQ(read(server_name(host(name))).wrong, "the server name is not a host name") << name;
  }
  EXPECT_NE(read(server_name("")).wrong, "") << "an empty list";
  EXPECT_NE(read(extension(0, "")).wrong, "") << "no list";
}

// RFC 9849 §5: the type inner(1) is for hellos that are encrypted themselves.
TEST(Hello, CountsOnlyAnOuterEch) {
  EXPECT_TRUE(read(extension(0xfe0d, "\0"sv)).hello.ech);
  EXPECT_FALSE(read(extension(0xfe0d, "\1"sv)).hello.ech);
  EXPECT_FALSE(read(extension(0xfe0d, ""sv)).hello.ech);
}

// A hello that ends anywhere but at its end is malformed, and no byte past the end is read (the sanitizers watch).
TEST(Hello, RefusesEveryPrefix) {
  const Octets whole = body(server_name(host("bad.example")) + extension(16, vector(vector("h2", 1), 2)));
  const std::size_t without_extensions = body("").size() - 2;
  for (std::size_t length = 0; length < whole.size(); ++length) {
    Hello hello;
    const std::vector<std::byte> prefix(as_bytes(whole).begin(), as_bytes(whole).begin() + length);
    EXPECT_EQ(read_hello(prefix, hello).empty(), length == without_extensions) << length;
  }
}

}  // namespace
}  // namespace weir::inspect
