#include "base/name.h"

#include <gtest/gtest.h>

#include <array>

namespace weir {
namespace {

using namespace std::string_view_literals;

TEST(Name, HasOneCanonicalForm) {
  struct {
    std::string_view from, to;
  } const vectors[] = {
      {"example", "example"},
      {"WWW.Example.COM", "www.example.com"},
      {"example.com.", "example.com"},
      {"example.com:8080", "example.com"},
      {"example.com.:80", "example.com"},
      {"example.com:", "example.com"},  // RFC 3986 §3.2.3: port = *DIGIT
      {"_dmarc.example.com", "_dmarc.example.com"},
      {"xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"-odd-.example", "-odd-.example"},  // outside RFC 952, but such blogs exist
      {"3com.example", "3com.example"},    // RFC 1123 §2.1
      {"192.0.2.1", "192.0.2.1"},
      {"192.0.2.1:80", "192.0.2.1"},
      {"2001:DB8::0:1", "2001:db8::1"},
      {"[2001:DB8::1]", "2001:db8::1"},
      {"[2001:DB8::1]:443", "2001:db8::1"},
      {"[::ffff:192.0.2.1]:443", "192.0.2.1"},
  };
  for (const auto& v : vectors) {
    EXPECT_EQ(normalise_name(v.from), v.to) << v.from;
    EXPECT_EQ(normalise_name(v.to), v.to) << "the canonical form is its own canonical form";
  }
}

TEST(Name, RefusesWhatIsNoHost) {
  for (const auto bad : {
           ""sv,
           "."sv,
           ".."sv,
           ".example"sv,
           "a..b"sv,
           "example.."sv,
           "a b"sv,
           "a/b"sv,
           "user@host"sv,
           "host:80a"sv,
           "host:65536"sv,
           "host:-1"sv,
           "host:80:80"sv,
           ":80"sv,
           "*.example"sv,
           "b\xc3\xbc"sv,
           "a\0b"sv,
           "a\r\n"sv,
           "[192.0.2.1]"sv,
           "[2001:db8::1"sv,
           "2001:db8::1]"sv,
           "[2001:db8::1]x"sv,
           "[]"sv,
           "[fe80::1%lo]"sv,
           "[example]"sv,
           "2001:db8::1:x"sv,
           "[::1]:65536"sv,
           "%41.example"sv,
       }) {
    EXPECT_FALSE(normalise_name(bad)) << bad;
  }
}

// RFC 1035 §2.3.4
TEST(Name, KeepsTheLimitsOfDns) {
  const std::string label(63, 'a');
  EXPECT_TRUE(normalise_name(label));
  EXPECT_FALSE(normalise_name(label + 'a'));
  EXPECT_FALSE(normalise_name("b." + label + "a.c"));

  const std::string longest = label + '.' + label + '.' + label + '.' + std::string(61, 'b');
  ASSERT_EQ(longest.size(), 253u);
  EXPECT_EQ(normalise_name(longest), longest);
  EXPECT_EQ(normalise_name(longest + ".:443"), longest) << "neither the trailing dot nor the port counts";
  EXPECT_FALSE(normalise_name(longest + 'b'));
}

TEST(Name, IsWithinItselfAndItsAncestorsOnly) {
  EXPECT_TRUE(within("b.example", "b.example"));
  EXPECT_TRUE(within("a.b.example", "b.example"));
  EXPECT_TRUE(within("x.a.b.example", "b.example"));
  EXPECT_FALSE(within("ab.example", "b.example")) << "a suffix of bytes is not an ancestor";
  EXPECT_FALSE(within("example", "b.example"));
  EXPECT_FALSE(within("b.example", "a.b.example"));
  EXPECT_FALSE(within("example", ""));
}

TEST(Name, WalksUpToTheTop) {
  EXPECT_EQ(parent("a.b.example"), "b.example");
  EXPECT_EQ(parent("b.example"), "example");
  EXPECT_EQ(parent("example"), "");
  EXPECT_EQ(parent(""), "");
}

TEST(DeviceName, IsInTheFormOfHostNamesAndNoAddress) {
  EXPECT_EQ(device_name("Tablet-1"), "tablet-1");
  EXPECT_EQ(device_name("printer.office.example."), "printer.office.example");
  EXPECT_EQ(device_name("tv_2"), "tv_2");
  for (const char* text : {"", "*", "1.2.3", "10.0.0.300", "tv:80", "a b", "2001:db8::1", "a..b", "@kids", "!tv",
                           "a/24", "\xc3\xa4", "12345"}) {
    EXPECT_FALSE(device_name(text)) << text;
  }
  EXPECT_TRUE(device_name(std::string(63, 'a')));
  EXPECT_FALSE(device_name(std::string(31, 'a') + '.' + std::string(32, 'a')));
}

}  // namespace
}  // namespace weir
