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
