#include <gtest/gtest.h>

#include "proxyctl/format.h"

namespace weir::proxyctl {
namespace {

std::string line(const char* ts, const char* client, const char* rest) {
  return std::string("{\"ts\":\"") + ts + "\",\"flow\":\"8000000000000001\",\"client\":\"" + client +
         "\",\"client_port\":40001,\"dst\":\"198.51.100.1\",\"dst_port\":443," + rest + "}";
}

constexpr const char* passed =
    R"("host":"www.files.example","depth":"inspect","action":"allow","reason":"done","bytes_in":1,"bytes_out":1024,"duration_ms":60000.5)";
constexpr const char* blocked =
    R"("host":"files.example","depth":"serve","action":"block","rule":"r","reason":"blocked","bytes_in":1,"bytes_out":0,"duration_ms":1)";
constexpr const char* other =
    R"("host":"notfiles.example","depth":"inspect","action":"allow","reason":"done","bytes_in":1,"bytes_out":7,"duration_ms":1)";
constexpr const char* nameless =
    R"("depth":"pass","action":"allow","reason":"done","bytes_in":1,"bytes_out":7,"duration_ms":1)";

TEST(Visits, AreCountedByClientWithTheirFirstAndLastTime) {
  Visits v{.host = "files.example"};
  v.add(line("2025-03-10T11:20:05.042Z", "192.0.2.7", passed));
  v.add(line("2025-03-10T11:00:00.000Z", "192.0.2.7", blocked));
  v.add(line("2025-03-10T11:00:00.000Z", "192.0.2.9", other));
  v.add(line("2025-03-10T11:00:00.000Z", "192.0.2.9", nameless));
  v.add("10.0.0.1 - - [10/Mar/2025:11:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"");
  v.add("{\"ts\":\"2025-03-10T11:00:00.000Z\",\"host\":\"files.example\",\"client\":7}");
  v.add("");
  ASSERT_EQ(v.clients.size(), 1u);
  const Visitor& visitor = v.clients.at("192.0.2.7");
  EXPECT_EQ(visitor.first, 1741604400);
  EXPECT_EQ(visitor.last, 1741605665) << "the end of the last";
  EXPECT_EQ(visitor.times, 2u);
  EXPECT_EQ(visitor.refused, 1u);
  EXPECT_EQ(visitor.received, 1024u);
  EXPECT_EQ(visitor.depths, (std::vector<std::string>{"inspected", "served"}));
  EXPECT_EQ(v.lines, 4u);
  EXPECT_EQ(v.nameless, 1u);
  EXPECT_EQ(v.unreadable, 3u);
}

// A device has several addresses, and a name from its first lease on.
TEST(Visits, AreOfADeviceWhateverAddressItHad) {
  Visits v{.host = "files.example"};
  const auto with = [](const std::string& device) { return device + passed; };
  const std::string mac = R"("mac":"02:00:5e:10:00:01",)", name = R"("client_name":"tablet-1",)";
  v.add(line("2025-03-10T11:00:00.000Z", "192.0.2.7", with(mac).c_str()));
  v.add(line("2025-03-10T11:01:00.000Z", "192.0.2.7", with(name).c_str()));
  EXPECT_EQ(v.clients.size(), 2u) << "that the name is the device's is not known yet";
  v.add(line("2025-03-10T11:01:30.000Z", "192.0.2.7", with(mac + name).c_str()));
  v.add(line("2025-03-10T11:02:00.000Z", "2001:db8::7", with(mac + name).c_str()));
  v.add(line("2025-03-10T11:03:00.000Z", "2001:db8::8", with(mac).c_str()));
  ASSERT_EQ(v.clients.size(), 1u);
  const auto& [key, visitor] = *v.clients.begin();
  EXPECT_EQ(key, "02:00:5e:10:00:01");
  EXPECT_EQ(visitor.name, "tablet-1");
  EXPECT_EQ(visitor.times, 5u);
  EXPECT_EQ(visitor.first, 1741604400);
  EXPECT_EQ(visitor.mac, "02:00:5e:10:00:01");
  EXPECT_EQ(visitor.addresses, (std::vector<std::string>{"192.0.2.7", "2001:db8::7", "2001:db8::8"}));
  const std::string renamed = R"("mac":"02:00:5e:10:00:01","client_name":"tablet-2",)";
  v.add(line("2025-03-10T12:00:00.000Z", "192.0.2.7", with(renamed).c_str()));
  v.add(line("2025-03-10T11:30:00.000Z", "192.0.2.7", with(mac + name).c_str()));
  ASSERT_EQ(v.clients.size(), 1u) << "whatever it is called";
  EXPECT_EQ(v.clients.begin()->second.name, "tablet-2") << "as it was called last";
  v.add(line("2025-03-10T11:00:00.000Z", "192.0.2.9", passed));
  EXPECT_EQ(v.clients.size(), 2u) << "of which nothing but the address is known";
}

TEST(Visits, KnowSinceWhenTheLogIsWhateverTheLimits) {
  Visits v{.host = "files.example", .from = 1741605605};
  v.add(line("2025-03-10T11:20:05.042Z", "192.0.2.7", passed));
  v.add(line("2025-03-10T11:00:00.000Z", "192.0.2.7", nameless));
  v.add(line("2025-03-10T11:10:00.000Z", "192.0.2.7", other));
  EXPECT_EQ(v.begins, 1741604400);
  EXPECT_FALSE(v.blind());
  Visits squid{.host = "files.example"};
  EXPECT_FALSE(squid.blind()) << "an empty log";
  squid.add("1741604400.000     12 192.0.2.7 TCP_TUNNEL/200 5 CONNECT files.example:443 - HIER_NONE/- -");
  EXPECT_TRUE(squid.blind());
}

TEST(Visits, OutsideOfTheLimitsCountAsNothing) {
  Visits v{.host = "files.example", .from = 1741604400, .to = 1741605605};
  v.add(line("2025-03-10T11:00:00.000Z", "192.0.2.7", passed));
  v.add(line("2025-03-10T10:59:59.000Z", "192.0.2.7", passed));
  v.add(line("2025-03-10T11:20:05.042Z", "192.0.2.7", passed));
  v.add(line("2025-03-10T11:20:05.042Z", "192.0.2.7", other));
  EXPECT_EQ(v.clients.at("192.0.2.7").times, 1u);
  EXPECT_EQ(v.lines, 1u);
}

}  // namespace
}  // namespace weir::proxyctl
