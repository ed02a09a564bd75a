#include "account/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace weir::account {
namespace {

using namespace std::chrono_literals;

Record page() {
  Record r;
  r.ts = WallTime(1741605605042ms);
  r.id = 0x8000000000000001;
  r.flow = {{*Address::parse("192.0.2.7"), 40001}, {*Address::parse("2001:db8::1"), 80}};
  r.host = "www.example";
  r.depth = Depth::serve;
  r.action = Action::block;
  r.rule = "ads";
  r.reason = CloseReason::blocked;
  r.method = "GET";
  r.url = "http://www.example/a";
  r.status = 403;
  r.bytes_in = 120;
  r.bytes_out = 4294967296;
  r.duration = 412345ns;
  return r;
}

TEST(JsonLine, HasEveryFieldOfTheContractInItsOrder) {
  EXPECT_EQ(json_line(page()),
            R"({"ts":"2025-03-10T11:20:05.042Z","flow":"8000000000000001","client":"192.0.2.7","client_port":40001,)"
            R"("dst":"2001:db8::1","dst_port":80,"host":"www.example","depth":"serve","action":"block","rule":"ads",)"
            R"("reason":"blocked","method":"GET","url":"http://www.example/a","status":403,"bytes_in":120,)"
            R"("bytes_out":4294967296,"duration_ms":0.412})"
            "\n");
}

TEST(JsonLine, TellsWhatAShadowWouldHaveDone) {
  Record r = page();
  r.would = Action::redirect;
  r.would_rule = "trial";
  EXPECT_NE(json_line(r).find(R"("rule":"ads","would":"redirect","would_rule":"trial","reason":)"), std::string::npos);
}

TEST(JsonLine, LeavesOutWhatIsNotKnown) {
  Record r = page();
  r.host = r.rule = r.method = r.url = "";
  r.status = 0;
  auto line = nlohmann::json::parse(json_line(r));
  for (const char* absent : {"host", "rule", "method", "url", "status"}) EXPECT_FALSE(line.contains(absent)) << absent;
  EXPECT_EQ(line.size(), 12u);
}

TEST(JsonLine, TellsTheDeviceWhereItIsKnown) {
  Record record;
  record.flow.client = {*Address::parse("192.0.2.7"), 40001};
  EXPECT_EQ(json_line(record).find("mac"), std::string::npos);
  EXPECT_EQ(json_line(record).find("client_name"), std::string::npos);
  record.flow.mac = Mac::parse("02:00:5e:10:00:01");
  record.client_name = "tablet-1";
  EXPECT_NE(json_line(record).find(R"("client_port":40001,"mac":"02:00:5e:10:00:01","client_name":"tablet-1","dst":)"),
            std::string::npos);
}

// RFC 8259 §8.1 wants UTF-8; a request target is whatever bytes the client sent.
TEST(JsonLine, StaysOneParseableLineForHostileBytes) {
  for (std::string evil : {std::string("\xff\xfe\xc3"), std::string("a\nb\r\"\\\x1b[2J\x7f"), std::string("\0x", 2),
                           std::string("\xed\xa0\x80"), std::string(70000, '\xf0'),
                           std::string("\xc2\x9b"
                                       "31m")}) {
    Record r = page();
    r.url = r.host = r.rule = r.method = evil;
    std::string line = json_line(r);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    EXPECT_TRUE(std::all_of(line.begin(), line.end() - 1, [](char c) { return c >= 0x20; })) << line;
    auto parsed = nlohmann::json::parse(line);
    EXPECT_EQ(parsed["depth"], "serve");
    EXPECT_TRUE(parsed["url"].is_string());
  }
}

// RFC 3339 §5.6; a time before 1970 still has positive milliseconds.
TEST(Rfc3339, CountsMillisecondsUpwardsOnBothSidesOfTheEpoch) {
  EXPECT_EQ(rfc3339(WallTime(0ms)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339(WallTime(-1ms)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(rfc3339(WallTime(1709164799999ms)), "2024-02-28T23:59:59.999Z");
}

}  // namespace
}  // namespace weir::account
