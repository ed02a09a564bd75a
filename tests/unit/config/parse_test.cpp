// What the structs hold after a good file, and where a bad value is said to stand.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "texts.h"

namespace weir::config {
namespace {

using namespace std::chrono_literals;

Config good(const std::string& text) {
  Parsed parsed = parse_text(text);
  for (const Diagnostic& d : parsed.diagnostics) EXPECT_EQ(d.severity, Severity::warning) << to_text(d);
  return parsed.config.value();
}

Config home() {
  std::ifstream in(WEIR_SOURCE_DIR "/tests/unit/config/ok/home.toml");
  std::ostringstream text;
  text << in.rdbuf();
  return good(text.str());
}

TEST(Parse, FillsEverySection) {
  const Config c = home();
  EXPECT_EQ(c.files, std::vector<std::string>{"weir.toml"});
  EXPECT_EQ(c.gateway.lan, (std::vector<std::string>{"br-lan", "br-guest"}));
  EXPECT_EQ(c.gateway.wan, std::vector<std::string>{"pppoe-wan"});
  EXPECT_EQ(c.gateway.source, Source::client);
  EXPECT_EQ(c.gateway.on_failure, OnFailure::closed);
  EXPECT_EQ(c.gateway.exempt, (std::vector{*Prefix::parse("10.0.0.0/24"), *Prefix::parse("2001:db8:ff::/48")}));
  EXPECT_EQ(c.gateway.http, (std::vector<std::uint16_t>{80, 8080}));
  EXPECT_TRUE(c.gateway.tls.empty()) << "[] leaves the ports alone; the default does not come back";
  EXPECT_EQ(c.gateway.quic, Quic::reject);
  EXPECT_EQ(c.gateway.floor, Floor::splice);
  EXPECT_EQ(c.gateway.workers, 4u);
  EXPECT_EQ(c.gateway.mark, 0x01000000u);
  EXPECT_EQ(c.gateway.table, 100u);
  EXPECT_EQ(c.limits.connections, 1000u);
  EXPECT_EQ(c.limits.head, Duration(250ms));
  EXPECT_EQ(c.limits.idle, Duration(2min));
  EXPECT_EQ(c.limits.drain, Duration(0s));
  EXPECT_EQ(c.control.socket, "/run/other.sock");
  EXPECT_EQ(c.log.access, "") << "off";
}

TEST(Parse, ReadsEachShapeOfMatch) {
  const Config c = home();
  ASSERT_EQ(c.rules.size(), 3u);
  const Rule& servers = c.rules[0];
  EXPECT_EQ(servers.name, "own servers");
  EXPECT_EQ(servers.action, Action::pass);
  ASSERT_EQ(servers.dest.size(), 3u);
  EXPECT_EQ(servers.dest[0].kind, Match::Kind::prefix);
  EXPECT_EQ(servers.dest[0].prefix, *Prefix::parse("192.0.2.7"));
  EXPECT_FALSE(servers.dest[0].negated);
  EXPECT_TRUE(servers.dest[1].negated);
  ASSERT_EQ(servers.port.size(), 4u);
  EXPECT_EQ(std::pair(servers.port[0].low, servers.port[0].high), std::pair(std::uint16_t(443), std::uint16_t(443)));
  EXPECT_EQ(std::pair(servers.port[1].low, servers.port[1].high), std::pair(std::uint16_t(8000), std::uint16_t(8010)));
  EXPECT_EQ(std::pair(servers.port[2].low, servers.port[2].negated), std::pair(std::uint16_t(8005), true));
  EXPECT_EQ(std::pair(servers.port[3].high, servers.port[3].negated), std::pair(std::uint16_t(9001), true));

  const Rule& kids = c.rules[1];
  EXPECT_TRUE(kids.unseen_blocks);
  EXPECT_FALSE(servers.unseen_blocks);
  EXPECT_EQ(kids.client[0].kind, Match::Kind::reference);
  EXPECT_EQ(kids.client[0].text, "kids");
  ASSERT_EQ(kids.host.size(), 5u);
  EXPECT_EQ(kids.host[1].kind, Match::Kind::reference);
  EXPECT_EQ(kids.host[1].text, "open");
  EXPECT_TRUE(kids.host[1].negated);
  EXPECT_EQ(kids.host[2].kind, Match::Kind::subtree);
  EXPECT_EQ(kids.host[2].text, "good.example");
  EXPECT_EQ(kids.host[3].kind, Match::Kind::exact);
  EXPECT_EQ(kids.host[4].text, "2001:db8::1");
  EXPECT_EQ(kids.where.line, 43u);
  EXPECT_EQ(kids.host[1].where, (Where{"weir.toml", 45, 19}));
}

TEST(Parse, AGroupMayFailInItsOwnWay) {
  const Config c = good(
      "gateway.lan = [\"a\"]\n"
      "[[group]]\nname = \"a\"\nclients = [\"2001:db8::1\"]\non_failure = \"closed\"\n"
      "[[group]]\nname = \"b\"\nclients = [\"2001:db8::2\"]\n"
      "[[rule]]\nclient = [\"@b\"]\naction = \"block\"\n");
  EXPECT_EQ(c.groups[0].on_failure, OnFailure::closed);
  EXPECT_FALSE(c.groups[1].on_failure);
}

TEST(Parse, ReadsHoursAloneOrInAList) {
  const Config c = good(
      "gateway = { lan = [\"a\"], timezone = \"Europe/Berlin\" }\n"
      "[[rule]]\ntime = \"22:00-06:00\"\naction = \"block\"\n"
      "[[rule]]\ntime = [\"Mon-Fri 15:00-18:00\", \"!2026-01-02\"]\naction = \"block\"\n");
  EXPECT_EQ(c.gateway.timezone, "Europe/Berlin");
  EXPECT_EQ(c.gateway.timezone_at, (Where{"weir.toml", 1, 37}));
  ASSERT_EQ(c.rules[0].time.size(), 1u);
  EXPECT_EQ(c.rules[0].time[0].hours, parse_hours("22:00-06:00"));
  ASSERT_EQ(c.rules[1].time.size(), 2u);
  EXPECT_FALSE(c.rules[1].time[0].negated);
  EXPECT_TRUE(c.rules[1].time[1].negated);
  EXPECT_EQ(c.rules[1].time[1].hours, parse_hours("2026-01-02"));
  EXPECT_EQ(c.rules[1].time[1].where, (Where{"weir.toml", 6, 32}));
}

TEST(Parse, ReadsListsAndGroups) {
  const Config c = home();
  ASSERT_EQ(c.lists.size(), 2u);
  EXPECT_EQ(c.lists[0].names[1].text, "library.example") << "normalised";
  EXPECT_EQ(c.lists[1].file, "lists/ads.txt");
  ASSERT_EQ(c.groups.size(), 1u);
  EXPECT_EQ(c.groups[0].clients.size(), 2u);
}

TEST(Parse, AListFileIsRelativeToTheFileThatNamesIt) {
  const auto at = [](const std::string& file, const std::string& main) {
    const std::string text = "gateway.lan = [\"a\"]\n[[list]]\nname = \"x\"\nfile = \"" + file + "\"\n";
    const Parsed parsed = parse(main, Texts{{main, text}});
    return parsed.config.value().lists.at(0).file;
  };
  EXPECT_EQ(at("ads.txt", "/etc/weir/weir.toml"), "/etc/weir/ads.txt");
  EXPECT_EQ(at("../ads.txt", "/etc/weir/weir.toml"), "/etc/ads.txt");
  EXPECT_EQ(at("/srv/ads.txt", "/etc/weir/weir.toml"), "/srv/ads.txt");
  EXPECT_EQ(at("ads.txt", "weir.toml"), "ads.txt");
}

TEST(Parse, ASyntaxErrorIsReportedAlone) {
  const Parsed parsed = parse_text("[gateway]\nlan = [\nquic = 5\n");
  ASSERT_EQ(parsed.diagnostics.size(), 1u);
  EXPECT_EQ(parsed.diagnostics[0].where.line, 3u);
  EXPECT_FALSE(parsed.config);
}

TEST(Parse, AnUnreadableMainFileIsOneError) {
  EXPECT_EQ(said(Texts{}), "weir.toml: error: cannot be read: No such file or directory\n");
}

TEST(Parse, DefaultPortsMeetGivenOnes) {
  EXPECT_EQ(said("[gateway]\nlan = [\"a\"]\nhttp = [443]\n"),
            "weir.toml:3:8: error: port 443 stands in gateway.http and in gateway.tls\n");
  EXPECT_EQ(said("[gateway]\nlan = [\"a\"]\nhttp = [443]\ntls = [80]\n"), "");
}

TEST(Parse, RangesEndWhereTheySay) {
  const auto taken = [](const std::string& line) { return said("gateway.lan = [\"a\"]\n" + line + "\n").empty(); };
  for (const char* good :
       {"gateway.table = 1", "gateway.table = 252", "gateway.table = 256", "gateway.table = 4294967295",
        "gateway.mark = 1", "gateway.mark = 0x10000000", "gateway.workers = 0", "gateway.workers = 64",
        "limits.connections = 1", "limits.connections = 1048576", "gateway.http = [1, 65535]", "limits.head = \"1ms\"",
        "limits.idle = \"7d\""}) {
    EXPECT_TRUE(taken(good)) << good;
  }
  for (const char* bad :
       {"gateway.table = 0", "gateway.table = 253", "gateway.table = 254", "gateway.table = 255",
        "gateway.table = 4294967296", "gateway.mark = 0", "gateway.mark = 3", "gateway.mark = 0x20000000",
        "gateway.workers = -1", "gateway.workers = 65", "limits.connections = 1048577", "gateway.http = [0]",
        "gateway.http = [65536]", "limits.head = \"0s\"", "limits.idle = \"169h\""}) {
    EXPECT_FALSE(taken(bad)) << bad;
  }
}

TEST(Parse, ReadsTheCeilingOfTheCache) {
  const std::string lan = "gateway.lan = [\"a\"]\n";
  EXPECT_EQ(good(lan).cache.memory, std::uint64_t{256} << 20);
  EXPECT_EQ(good(lan + "cache.memory = \"off\"").cache.memory, 0u);
  EXPECT_EQ(good(lan + "cache.memory = \"2 GiB\"").cache.memory, std::uint64_t{2} << 30);
  EXPECT_EQ(said(lan + "cache.memory = 64"),
            "weir.toml:2:16: error: cache.memory takes a size as \"64 MiB\" or \"2 GiB\", or \"off\", not 64\n"
            "  → write \"64 B\" for bytes\n");
  EXPECT_EQ(said(lan + "cache.memory = false"),
            "weir.toml:2:16: error: cache.memory takes a size as \"64 MiB\" or \"2 GiB\", or \"off\", not false\n"
            "  → write \"off\"\n");
  EXPECT_EQ(said(lan + "cache.memory = \"100 KiB\""),
            "weir.toml:2:16: error: cache.memory takes at least 1 MiB and at most 1 TiB, not \"100 KiB\"\n");
}

TEST(Parse, ReadsWhereLogsGoAndWhatIsKeptOfThem) {
  const std::string lan = "gateway.lan = [\"a\"]\n";
  const Config c = good(lan +
                        "log = { access = \"syslog+tcp://[2001:db8::5]:601\", format = \"squid\", query = true, only = "
                        "\"blocked\", events = \"/var/log/weir/events.log\", keep.size = \"20 GiB\" }\n"
                        "control.metrics = \"[::1]:9100\"\npage.contact = \"helpdesk, room 104\"");
  EXPECT_EQ(c.log.access, "syslog+tcp://[2001:db8::5]:601");
  EXPECT_EQ(c.log.format, LogFormat::squid);
  EXPECT_TRUE(c.log.query && c.log.only_blocked);
  EXPECT_EQ(c.log.events, "/var/log/weir/events.log");
  EXPECT_EQ(c.log.keep, (Keep{.age = 24h * 30, .size = std::uint64_t{20} << 30})) << "what is not given stays";
  EXPECT_EQ(c.control.metrics, (Endpoint{*Address::parse("::1"), 9100}));
  EXPECT_EQ(c.page.contact, "helpdesk, room 104");
  EXPECT_EQ(good(lan + "log.access = \"journal\"").log.access, "journal");
  EXPECT_EQ(good(lan + "log.keep = \"off\"").log.keep, (Keep{.age = {}, .size = 0}));
  EXPECT_EQ(good(lan + "control.metrics = \"off\"").control.metrics, std::nullopt);
}

TEST(Parse, SaysWhatADottedKeyBelowASectionMeans) {
  EXPECT_EQ(said("[gateway]\nlan = [\"a\"]\nlog.access = \"off\"\n"),
            "weir.toml:3:1: error: log.access stands below [gateway] and so means gateway.log.access\n"
            "  → move it above the first [section]\n");
}

TEST(Parse, EveryKeyOfALaterFeatureIsUnknown) {
  for (const char* key : {"gateway.host = false", "control.web = \"off\"", "tls.intercept = []", "cache.disk = []",
                          "clients.radius = 1", "operator = []"}) {
    EXPECT_NE(said(std::string(key) + "\ngateway.lan = [\"a\"]\n").find("weir.toml:1:"), std::string::npos) << key;
  }
  for (const char* key :
       {"method = [\"GET\"]", "path = [\"/\"]", "type = [\"x\"]", "user = [\"x\"]", "ech = true", "unnamed = true"}) {
    const std::string text = std::string("gateway.lan = [\"a\"]\n[[rule]]\naction = \"allow\"\n") + key + "\n";
    EXPECT_NE(said(text).find("weir.toml:4:1: error: unknown key \"rule."), std::string::npos) << key;
  }
}

TEST(Parse, ShowsNoControlBytesOfTheFile) {
  const std::string text = said("gateway.lan = [\"a\\u001b[2J\\u0007bcdefghijklmnopqrstuvw\"]\n");
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("\"a?[2J?bc"), std::string::npos) << text;
  EXPECT_EQ(said("[gateway]\nlog.\"\\u001b[2J\" = 1\n").find('\x1b'), std::string::npos) << "nor of its keys";
}

// Whatever the bytes: an answer, and none without a reason.
TEST(Parse, SurvivesNastyFiles) {
  const std::string deep(100'000, '[');
  std::string nested = "x = ";
  for (int i = 0; i < 40; ++i) nested += "{ x = ";
  const std::string nasty[] = {
      "",
      std::string(1, '\0'),
      "\xff\xfe",
      deep,
      "x = " + deep,
      nested,
      "gateway.lan = [\"\xf0\x9f\"]",
      "rule = [[[]]]",
      "gateway = {}\nrule = [{}, {}, {action = {}}]\nlist = [{name = [], file = 5}]",
      "[[rule]]\nhost = [\"" + std::string(10'000, 'a') + "\"]",
      "[[rule]]\nport = [\"-\", \"!\", \"!-1\", \"1-\", \"-1\", 9223372036854775807, -9223372036854775808, 1e300, nan]",
      "[[rule]]\nclient = [\"@\", \"!@\", \"!\", \"!!10.0.0.1\", \"/\", \"/8\", \"10.0.0.0/\"]",
      "limits.head = \"99999999999999999999d\"\nlimits.idle = 1979-05-27\nlimits.drain = 00:32:00",
      "gateway.mark = -1\ngateway.table = 4294967296\ngateway.workers = 18446744073709551616",
      "include = [[]]\n",
      "include = {}\n",
      "\"\" = 1\n\"a.b\" = 2\n[\"\"]\n",
  };
  for (const std::string& text : nasty) {
    const Parsed parsed = parse_text(text);
    EXPECT_FALSE(parsed.config) << text.substr(0, 80);
    EXPECT_FALSE(parsed.diagnostics.empty()) << text.substr(0, 80);
  }
}

}  // namespace
}  // namespace weir::config
