#include "account/formats.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace weir::account {
namespace {

using namespace std::chrono_literals;

Flow flow(std::uint16_t port) {
  return {{*Address::parse("10.20.12.31"), 40001}, {*Address::parse("203.0.113.41"), port}};
}

/// 1740992400.029 after 181,845 ms.
Record passed() {
  Record r;
  r.ts = WallTime(1740992400029ms - 181845ms);
  r.flow = flow(443);
  r.host = "files.example";
  r.depth = Depth::inspect;
  r.bytes_out = 16464;
  r.duration = 181845ms;
  return r;
}

Record download() {
  Record r;
  r.ts = WallTime(1740992401269ms);
  r.flow = flow(80);
  r.host = "deb.example";
  r.depth = Depth::serve;
  r.method = "GET";
  r.url = "http://deb.example/a.deb";
  r.status = 200;
  r.bytes_out = 14820;
  r.duration = 41ms;
  r.cache = CacheResult::hit;
  r.heads = std::make_shared<Heads>(Heads{.referer = "http://deb.example/",
                                          .agent = "Debian APT-HTTP/1.3 (2.6.1)",
                                          .content_type = "application/octet-stream; charset=x"});
  return r;
}

Record refused() {
  Record r = passed();
  r.host = "ads.example";
  r.action = Action::block;
  r.reason = CloseReason::blocked;
  r.bytes_out = 0;
  r.duration = 0ms;
  return r;
}

TEST(SquidLine, ShowsWhatNeverLeftTheWireAsATunnel) {
  EXPECT_EQ(squid_line(passed()),
            "1740992400.029 181845 10.20.12.31 TCP_TUNNEL/200 16464 CONNECT files.example:443 - "
            "ORIGINAL_DST/203.0.113.41 -\n");
  Record nameless = passed();
  nameless.host.clear();
  nameless.flow.origin.address = *Address::parse("2001:db8::1");
  EXPECT_NE(squid_line(nameless).find(" CONNECT [2001:db8::1]:443 - ORIGINAL_DST/2001:db8::1 -\n"), std::string::npos);
}

TEST(SquidLine, PadsTheTimeToSixAndNamesTheTypeWithoutItsParameters) {
  EXPECT_EQ(squid_line(download()),
            "1740992401.310     41 10.20.12.31 TCP_MEM_HIT/200 14820 GET http://deb.example/a.deb - HIER_NONE/- "
            "application/octet-stream\n");
}

TEST(SquidLine, TellsWhatWasRefused) {
  const std::string line = squid_line(refused());
  EXPECT_NE(line.find("      0 10.20.12.31 TCP_DENIED/403 0 CONNECT ads.example:443 - HIER_NONE/- -\n"),
            std::string::npos)
      << line;
  Record page = download();
  page.action = Action::block;
  page.cache.reset();
  page.status = 403;
  EXPECT_NE(squid_line(page).find(" TCP_DENIED/403 14820 GET "), std::string::npos);
}

TEST(SquidLine, HasTheCodeThatAnalysersExpectForWhatTheCacheDid) {
  struct Row {
    std::optional<CacheResult> cache;
    const char* code;
    const char* from;
  };
  const Row rows[] = {{CacheResult::hit, "TCP_MEM_HIT/200", "HIER_NONE/-"},
                      {CacheResult::joined, "TCP_HIT/200", "HIER_NONE/-"},
                      {CacheResult::revalidated, "TCP_REFRESH_UNMODIFIED/200", "ORIGINAL_DST/203.0.113.41"},
                      {CacheResult::stale, "TCP_STALE_HIT/200", "HIER_NONE/-"},
                      {CacheResult::miss, "TCP_MISS/200", "ORIGINAL_DST/203.0.113.41"},
                      {CacheResult::bypass, "TCP_MISS/200", "ORIGINAL_DST/203.0.113.41"},
                      {std::nullopt, "TCP_MISS/200", "ORIGINAL_DST/203.0.113.41"}};
  for (const Row& row : rows) {
    Record r = download();
    r.cache = row.cache;
    EXPECT_NE(squid_line(r).find(std::string(" ") + row.code + ' '), std::string::npos) << squid_line(r);
    EXPECT_NE(squid_line(r).find(std::string(" ") + row.from + ' '), std::string::npos) << squid_line(r);
  }
  Record unchanged = download();
  unchanged.status = 304;
  EXPECT_NE(squid_line(unchanged).find(" TCP_IMS_HIT/304 "), std::string::npos);
}

TEST(SquidLine, TellsFailuresApart) {
  Record left = download();
  left.cache = CacheResult::miss;
  left.status = 0;
  left.reason = CloseReason::client_reset;
  EXPECT_NE(squid_line(left).find(" TCP_MISS_ABORTED/000 "), std::string::npos) << squid_line(left);
  Record unreachable = passed();
  unreachable.reason = CloseReason::origin_timeout;
  EXPECT_NE(squid_line(unreachable).find(" TCP_TUNNEL/503 "), std::string::npos);
  Record bad;
  bad.flow = flow(80);
  bad.status = 400;
  bad.reason = CloseReason::head_malformed;
  EXPECT_NE(squid_line(bad).find(" NONE_NONE/400 0 - error:invalid-request - HIER_NONE/- -\n"), std::string::npos)
      << squid_line(bad);
}

TEST(Formats, AConnectionThatABrowserOpenedInAdvanceIsNoTunnel) {
  Record r = passed();
  r.flow = flow(80);
  r.host.clear();
  r.depth = Depth::splice;
  r.bytes_out = 0;
  r.reason = CloseReason::client_closed;
  EXPECT_NE(squid_line(r).find(" NONE_NONE/000 0 - error:transaction-end-before-headers - HIER_NONE/- -\n"),
            std::string::npos)
      << squid_line(r);
  EXPECT_EQ(combined_line(r), "");
  r.depth = Depth::pass;
  EXPECT_NE(squid_line(r).find(" TCP_TUNNEL/200 0 CONNECT 203.0.113.41:80 "), std::string::npos)
      << "what a passed connection carried may be unknown";
}

TEST(CombinedLine, IsReadByWhateverReadsApache) {
  EXPECT_EQ(combined_line(download()),
            "10.20.12.31 - - [03/Mar/2025:09:00:01 +0000] \"GET http://deb.example/a.deb HTTP/1.1\" 200 14820 "
            "\"http://deb.example/\" \"Debian APT-HTTP/1.3 (2.6.1)\"\n");
  EXPECT_EQ(combined_line(refused()),
            "10.20.12.31 - - [03/Mar/2025:08:56:58 +0000] \"CONNECT ads.example:443 HTTP/1.1\" 403 0 \"-\" \"-\"\n");
}

TEST(LancacheLine, IsThatOfTheDashboards) {
  Record r = download();
  r.cache = CacheResult::joined;
  r.url = "http://cdn.example/depot/4711/chunk/ab";
  r.host = "cdn.example";
  r.heads = std::make_shared<Heads>(
      Heads{.http10 = true, .agent = "Valve/Steam HTTP Client 1.0", .range = "bytes=0-1048575"});
  EXPECT_EQ(lancache_line(r),
            "[steam] 10.20.12.31 / - - - [03/Mar/2025:09:00:01 +0000] \"GET /depot/4711/chunk/ab HTTP/1.0\" 200 14820 "
            "\"-\" \"Valve/Steam HTTP Client 1.0\" \"HIT\" \"cdn.example\" \"bytes=0-1048575\"\n");
  r.heads.reset();
  r.cache = CacheResult::miss;
  EXPECT_EQ(lancache_line(r).rfind("[cdn.example] 10.20.12.31 / - - - [", 0), 0u);
  EXPECT_NE(lancache_line(r).find("\"-\" \"-\" \"MISS\" \"cdn.example\" \"-\"\n"), std::string::npos);
  EXPECT_EQ(lancache_line(passed()), "") << "a dashboard of downloads knows no connections";
}

// The query of the page that a request came from is as secret as its own.
TEST(Formats, TheQueryOfAReferrerIsToldOnlyWhereQueriesAre) {
  Record r = download();
  for (const char* tail : {"?token=secret", "#secret", "?q=a#secret?b"}) {
    r.heads = std::make_shared<Heads>(Heads{.referer = std::string("http://bank.example/account") + tail});
    for (const LogFormat format : {LogFormat::combined, LogFormat::lancache}) {
      EXPECT_NE(line_of(r, format).find("\"http://bank.example/account\""), std::string::npos) << line_of(r, format);
      EXPECT_NE(line_of(r, format, true).find(tail), std::string::npos) << line_of(r, format, true);
    }
  }
}

// A client may send any octet but CR, LF and NUL in a field, and the log must stay one line of the same fields.
TEST(Formats, NothingThatAClientSendsEndsAFieldOrALine) {
  const std::string evil = "a\" 200 0 \"-\" \"x\\\n\r\x1b[2J\x80 \t\x7f";
  Record r = download();
  r.method = "GE T\n";
  r.url = "http://h/" + evil;
  r.host = evil;
  r.heads = std::make_shared<Heads>(
      Heads{.referer = evil, .agent = evil, .range = evil, .content_type = "text/html " + evil});
  for (const LogFormat format : {LogFormat::json, LogFormat::combined, LogFormat::squid, LogFormat::lancache}) {
    const std::string line = line_of(r, format);
    EXPECT_EQ(std::ranges::count(line, '\n'), 1) << line;
    for (const char c : line) EXPECT_TRUE((c >= 0x20 && c < 0x7f) || c == '\n') << line;
  }
  const std::string combined = combined_line(r);
  for (std::size_t at = 0; (at = combined.find('\\', at)) != combined.npos; ++at)
    EXPECT_EQ(combined[at + 1], 'x') << "a backslash of the client's would take the quote behind it along: "
                                     << combined;
  EXPECT_EQ(std::ranges::count(combined, '"'), 6);
  EXPECT_EQ(std::ranges::count(lancache_line(r), '"'), 12);
  const std::string squid = squid_line(r);
  std::size_t words = 0;
  for (std::size_t i = 0; i < squid.size(); ++i) words += squid[i] != ' ' && (i == 0 || squid[i - 1] == ' ');
  EXPECT_EQ(words, 10u) << squid;
}

}  // namespace
}  // namespace weir::account
