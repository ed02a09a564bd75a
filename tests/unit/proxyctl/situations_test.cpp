// Twelve situations of an operator, in the order in which they come over the years, and the page that answers each.
// What a page cannot say yet stands in a comment; what it says must read as well as if somebody had been asked.
#include <ctime>

#include "golden.h"

namespace weir::proxyctl {
namespace {

using Situation = Golden;

// Before the first start: nothing is changed by asking.
TEST_F(Situation, S01_FirstInstall) {
  Health health{.kernel = "6.6.52", .tcx = true, .lan = {"br-lan"}, .mark = 0x100000, .table = 7745};
  health.findings = {{Mark::attention, "flow offload", "br-lan to pppoe-wan: offloaded connections pass unseen",
                      "nft delete flowtable inet fw4 ft"},
                     {Mark::none, "origins see", "IPv4 the gateway (masqueraded), IPv6 the client (routed)", ""}};
  EXPECT_TRUE(health.well());
  expect_golden("s01_first_install", doctor_text(health, "/etc/weir/weir.toml", look_));
}

// It observes.  The share of names that are hidden, and what a cache would have saved, are not counted.
TEST_F(Situation, S02_FirstHour) {
  auto status = json<control::Status>("status_quiet");
  status.connections.block = status.connections.reset = status.connections.failed = 0;
  status.would = {.observe = true, .lines = 38204, .refused = 412, .most = {{"ads", 388}, {"homework and night", 24}}};
  expect_golden("s02_first_hour", status_text(status, look_));
}

// "The internet is slow".
TEST_F(Situation, S03_ThreeInTheMorning) {
  auto slow = slow_night("origin");
  slow.stages[2].spans = {{"passed", 900, 184, 11.4, true}, {"held", 80, 185.4, 12.0, true}};
  slow.again[1].again = 71;
  slow.since = slow.now - 40 * 60;
  slow.times = 16.1;
  slow.passed_too = true;
  slow.most = "origin";
  expect_golden("s03_three_in_the_morning", slow_text(slow, look_));
}

TEST_F(Situation, S04_ATeacherWantsOneSiteForHalfAnHour) {
  const control::HandChanged open{.done = true,
                                  .change = {.number = 7,
                                             .action = "allow",
                                             .host = {".museum.example"},
                                             .client = {"@room-12"},
                                             .since = 1741601700,
                                             .until = 1741603500},
                                  .overrides = "lesson time",
                                  .overrides_at = "weir.toml:41",
                                  .now = 1741601700};
  const control::HandChanged locked{.failure = "\"law\" (weir.toml:10) is locked",
                                    .suggestion = "only the file can change it"};
  expect_golden("s04_a_teacher", hand_changed_text(open, look_) + hand_changed_text(locked, look_));
}

std::string line(std::int64_t begun, const char* device, const char* address, const char* host, std::uint64_t bytes,
                 int seconds) {
  control::FlowLine flow{.client = address, .client_name = device, .host = host, .depth = "inspect", .action = "allow"};
  char ts[32];
  std::strftime(ts, sizeof ts, "%FT%T.000Z", std::gmtime(&begun));
  flow.ts = ts;
  flow.bytes_out = bytes;
  flow.duration_ms = seconds * 1000;
  return control::json_text(flow);
}

// Users are not known, devices are called as they were when the line was written.
TEST_F(Situation, S05_AnAuditorAsksWhoVisited) {
  Visits visits{.host = "files.example", .from = 1740787200, .to = 1741392000, .files = 8};
  visits.lines = 41000 - 38;
  visits.nameless = 492;
  visits.add(line(1738540800, "laptop-104", "192.168.1.104", "files.example", 1, 1));  // a month before
  for (int i = 0; i < 22; ++i) {
    const bool v6 = i % 2 > 0;
    visits.add(line(1740993120 + 70 * i, "laptop-117", v6 ? "2001:db8::117" : "192.168.1.117", "files.example",
                    68329025, i < 21 ? 1 : 210));
  }
  for (int i = 0; i < 16; ++i)
    visits.add(line(1741249920 + 400 * i, "laptop-121", "192.168.1.121", "www.files.example", 2031616, 80));
  expect_golden("s05_an_auditor", who_text(visits, now_, look_));
}

// TLS is never opened, so a pinned certificate is no trouble; what can fail is the way, or a rule, or nothing here.
TEST_F(Situation, S06_ABankAppFails) {
  control::FlowList failed;
  failed.flows = {{.ts = "2025-03-10T10:41:00Z",
                   .client = "192.168.1.61",
                   .client_name = "phone-7",
                   .dst_port = 443,
                   .host = "api.bank.example",
                   .depth = "inspect",
                   .reason = "origin_refused"}};
  const FlowsAsked asked{.failed = true, .client = "phone-7"};
  expect_golden("s06_a_bank_app", flows_text(failed, asked, now_, look_) +
                                      flows_text({}, {.client = "phone-7", .host = "api.bank.example"}, now_, look_) +
                                      flows_text({}, asked, now_, look_));
}

TEST_F(Situation, S07_AListUpdateBlocksACdn) {
  auto lists = json<control::Lists>("lists_trouble");
  lists.lists.resize(2);
  expect_golden("s07_a_list_update",
                lists_text(lists, look_) + diff_text(json<control::ListDiff>("diff"), look_) +
                    list_changed_text(json<control::ListChanged>("except_done"), "cdn.example is excepted", look_));
}

// Nothing but the log lies on a disk, and no connection depends on it.
TEST_F(Situation, S08_TheDiskFills) {
  auto status = json<control::Status>("status_quiet");
  status.log = {.path = "/var/log/weir/access.log", .lost = 3120, .error = "No space left on device"};
  expect_golden("s08_the_disk_fills", status_text(status, look_));
}

// Origins are what is asked and does not answer; of the line and the next hop nothing is known.
TEST_F(Situation, S09_TheUplinkDies) {
  auto status = json<control::Status>("status_quiet");
  status.outage = {.since = now_ - 180, .families = "IPv4 and IPv6", .total = true, .asked = 31};
  control::Slow slow{.now = now_, .from = now_ - 300, .verdict = "outage", .usual = "7 days at this hour"};
  slow.outage = status.outage;
  const control::History history{
      .now = now_,
      .events = {{.ts = now_ - 163, .what = "silent", .text = "none of 3 addresses asked over IPv4 and IPv6"},
                 {.ts = now_, .what = "answers", .text = "IPv4, after 3 min"}}};
  expect_golden("s09_the_uplink_dies",
                status_text(status, look_) + slow_text(slow, look_) + history_text(history, look_));
}

TEST_F(Situation, S10_TheBoxRebootedInTheNight) {
  control::History history{.now = now_, .events = {}};
  const std::int64_t night = 1741576400;  // 03:13:20
  history.events = {
      {.ts = night - 9000, .what = "by_hand", .text = ".museum.example open for @room-12", .change = 7, .until = night},
      {.ts = night - 8000, .what = "by_hand", .text = "games.example blocked for everyone", .change = 8},
      {.ts = night - 7000, .what = "by_hand", .text = "cdn.example excepted from ads", .change = 9},
      {.ts = night - 6000, .what = "accepted", .text = "ads, 1,206,740 names"},
      {.ts = night, .what = "ended", .text = ".museum.example open for @room-12", .change = 7, .until = night},
      {.ts = night + 4, .what = "died", .text = "power, reset, or the system crashed"},
      {.ts = night + 4, .what = "started", .text = "1,620,000 names", .config = "7c1e4a"},
      {.ts = night + 4, .what = "restored", .text = "8 and 9"},
      {.ts = night + 9000, .what = "undone", .text = "games.example blocked for everyone", .change = 8}};
  expect_golden("s10_the_box_rebooted", history_text(history, look_));
}

// Without a second program beside the first: new connections pass, those that are held end, then it is exchanged.
TEST_F(Situation, S11_AnUpgradeOnFriday) {
  auto status = json<control::Status>("status_quiet");
  status.state = "drained";
  expect_golden("s11_an_upgrade", drain_text({.state = "draining", .held = 612}, look_) + status_text(status, look_));
}

// There is no page about two boxes; equal text has an equal hash, and the file that differs is shown.
TEST_F(Situation, S12_ASecondBox) {
  expect_golden("s12_a_second_box", config_diff_text(json<control::ConfigDiff>("config_diff"), look_));
}

}  // namespace
}  // namespace weir::proxyctl
