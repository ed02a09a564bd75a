#include "base/host_port.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(HostPort, ReadsNamesAndAddressesOfBothFamilies) {
  EXPECT_EQ(HostPort::parse("192.0.2.1:514")->to_string(), "192.0.2.1:514");
  EXPECT_EQ(HostPort::parse("[2001:db8::1]:514")->to_string(), "[2001:db8::1]:514");
  EXPECT_EQ(HostPort::parse("logs.example:6514")->host, "logs.example");
  EXPECT_EQ(HostPort::parse("logs.example", 514)->port, 514);
  EXPECT_EQ(HostPort::parse("[::1]", 514)->host, "::1");
}

TEST(HostPort, RefusesWhatCouldBeReadInTwoWays) {
  for (const char* text : {"", ":514", "logs.example", "logs.example:", "logs.example:0", "logs.example:65536",
                           "logs.example:5x", "2001:db8::1", "2001:db8::1:514", "[192.0.2.1]:514", "[::1", "[::1]514",
                           "a b:514", "Logs.Example:514", "a/b:514", "[]:514"})
    EXPECT_FALSE(HostPort::parse(text)) << text;
}

TEST(ParseEndpoint, TakesNoNames) {
  EXPECT_EQ(parse_endpoint("127.0.0.1:9145")->to_string(), "127.0.0.1:9145");
  EXPECT_EQ(parse_endpoint("[::]:9145")->to_string(), "[::]:9145");
  EXPECT_FALSE(parse_endpoint("localhost:9145"));
  EXPECT_FALSE(parse_endpoint("127.0.0.1"));
}

TEST(Collector, IsAUrlWithOneOfTwoSchemes) {
  EXPECT_FALSE(Collector::parse("syslog://10.255.0.5:5514")->tcp);
  EXPECT_EQ(Collector::parse("syslog://10.255.0.5")->place.port, 514);
  EXPECT_TRUE(Collector::parse("syslog+tcp://logs.example:601")->tcp);
  for (const char* text : {"syslog:10.0.0.1", "syslog+tls://10.0.0.1", "syslog://", "syslog://a/b", "/var/log/x"})
    EXPECT_FALSE(Collector::parse(text)) << text;
}

}  // namespace
}  // namespace weir
