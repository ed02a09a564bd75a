#include "control/watch.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "account/flow_ids.h"
#include "fake_desk.h"
#include "shapes/json.h"

namespace weir::control {
namespace {

/// A refusal as the engine would write it.
void refuse(FakeDesk& desk, FlowId id, const char* host, std::string rule) {
  account::Record r;
  r.id = id;
  r.ts = WallTime(std::chrono::seconds(1741605605));
  r.flow = {{*Address::parse("10.0.0.1"), 40000}, {*Address::parse("198.51.100.1"), 80}};
  r.host = host;
  r.url = std::string("http://") + host + "/";
  r.action = Action::block;
  r.rule = std::move(rule);
  r.reason = CloseReason::blocked;
  desk.books_.ledger(0).request(r);
}

constexpr std::int64_t soon = 2;

/// As the thread of those who watch has it, a moment after the control thread hung it out.
std::string metrics(FakeDesk& desk) {
  const Bulletin bulletin = bulletin_of(desk);
  return metrics_text(desk, bulletin, bulletin.posted + soon);
}
Health health(FakeDesk& desk) {
  const Bulletin bulletin = bulletin_of(desk);
  return health_of(desk, bulletin, bulletin.posted + soon);
}
Answer seen(FakeDesk& desk, std::string_view method, std::string_view target) {
  const Bulletin bulletin = bulletin_of(desk);
  return watched(desk, bulletin, bulletin.posted + soon, method, target);
}

// The text format of Prometheus: a family's HELP and TYPE stand once and before its samples, and every sample once.
TEST(Metrics, AreWellFormedAndEachFamilyStandsOnce) {
  FakeDesk desk;
  refuse(desk, 7, "x.ads.example", "a \"quoted\\ name\"\nof two lines");
  std::istringstream text(metrics(desk));
  std::set<std::string> families, seen;
  std::string family;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(families.insert(family).second) << line;
      continue;
    }
    if (line.starts_with("# TYPE ")) {
      EXPECT_EQ(line.substr(7, family.size()), family);
      const bool counter = line.ends_with(" counter");
      EXPECT_EQ(counter, family.ends_with("_total")) << line;
      continue;
    }
    EXPECT_TRUE(line.starts_with(family)) << line;
    EXPECT_TRUE(seen.insert(line.substr(0, line.rfind(' '))).second) << line;
    EXPECT_NO_THROW((void)std::stod(line.substr(line.rfind(' ') + 1))) << line;
  }
  EXPECT_TRUE(seen.contains(R"(weir_rule_decisions_total{rule="a \"quoted\\ name\"\nof two lines"})"));
}

// Whatever is not enforced must be seen by who watches, not only by who asks.
TEST(Watch, SaysWhatIsPausedOrDrainedByHand) {
  FakeDesk desk;
  desk.by_hand_ = {{.number = 7, .action = "block", .host = {"a.example"}}};
  EXPECT_EQ(health(desk).line, "well");
  EXPECT_NE(metrics(desk).find("\nweir_paused 0\n"), std::string::npos);
  desk.by_hand_.push_back({.number = 8, .action = "pass"});
  EXPECT_EQ(health(desk).line, "well, but paused by hand");
  EXPECT_NE(metrics(desk).find("\nweir_paused 1\n"), std::string::npos);
  EXPECT_NE(metrics(desk).find("\nweir_changes_by_hand 2\n"), std::string::npos);
  desk.state_ = "drained";
  EXPECT_EQ(health(desk).line, "not well: drained by hand, new connections pass unjudged");
  desk.state_ = "stopping";
  EXPECT_EQ(health(desk).line, "not well: Weir stops");
}

// A histogram of Prometheus: buckets hold all that is not greater, so that the last one is the count.
TEST(Metrics, ShowTimesAsHistogramsInSeconds) {
  FakeDesk desk;
  account::Timings& timings = desk.books_.ledger(0).timings();
  timings.add(account::Span::inside, std::chrono::microseconds(100));
  timings.add(account::Span::inside, std::chrono::milliseconds(300));
  timings.add(account::Span::inside, std::chrono::minutes(1));
  timings.handshake(account::Way::origin, true);
  timings.sent(account::Way::client, 1000, 7);
  const std::string text = metrics(desk);
  const std::string inside = R"({stage="inside",carrier="held")";
  for (const std::string& line : {
           "weir_stage_seconds_bucket" + inside + R"(,le="6.4e-05"} 0)",
           "weir_stage_seconds_bucket" + inside + R"(,le="0.000128"} 1)",
           "weir_stage_seconds_bucket" + inside + R"(,le="0.524288"} 2)",
           "weir_stage_seconds_bucket" + inside + R"(,le="16.777216"} 2)",
           "weir_stage_seconds_bucket" + inside + R"(,le="+Inf"} 3)",
           "weir_stage_seconds_count" + inside + "} 3",
           "weir_stage_seconds_sum" + inside + "} 60.3001",
           std::string(R"(weir_stage_seconds_count{stage="origin",carrier="passed"} 0)"),
           std::string(R"(weir_handshakes_sent_again_total{side="origin"} 1)"),
           std::string(R"(weir_segments_sent_again_total{side="client"} 7)"),
       }) {
    EXPECT_NE(text.find('\n' + line), text.npos) << line;
  }
}

TEST(Metrics, CountEveryRowOfEveryTable) {
  FakeDesk desk;
  desk.wire_[WEIR_WIRE_overloaded] = 14;
  refuse(desk, 7, "x.ads.example", "ads");
  const std::string text = metrics(desk);
  for (int i = 0; i < account::counts; ++i) {
    EXPECT_NE(text.find("\nweir_" + std::string(account::word(static_cast<account::Count>(i))) + "_total "), text.npos);
  }
  for (std::uint32_t i = 0; i < WEIR_WIRE_REASONS; ++i) {
    const std::string reason(word(static_cast<weir_wire_reason>(i)));
    EXPECT_NE(text.find("\nweir_wire_total{reason=\"" + reason + "\"} "), text.npos);
  }
  EXPECT_NE(text.find("\nweir_wire_total{reason=\"overloaded\"} 14\n"), text.npos);
  EXPECT_NE(text.find("\nweir_endings_total{reason=\"blocked\",failure=\"no\"} 1\n"), text.npos);
  EXPECT_NE(text.find("\nweir_list_held{list=\"ads\"} 1\n"), text.npos);
  EXPECT_EQ(text.find("ads.example"), text.npos) << "no host is a label";
}

TEST(Health, IsWellUnlessNewConnectionsAreNotJudged) {
  FakeDesk desk;
  EXPECT_EQ(health(desk).line, "well");
  Answer a = seen(desk, "GET", "/healthz");
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(a.body, "well\n");
  desk.ailment_ = "a worker hangs";
  a = seen(desk, "GET", "/healthz?from=balancer");
  EXPECT_EQ(a.status, 503);
  EXPECT_EQ(a.body, "not well: a worker hangs\n");
  const auto told = parse_json<Health>(answer(desk, "GET", "/v1/health").body).value();
  EXPECT_FALSE(told.well);
  EXPECT_EQ(told.reason, "a worker hangs");
}

// New connections are judged by others than the control thread.
TEST(Health, SaysThatTheControlThreadHangsAndSinceWhen) {
  ::setenv("TZ", "UTC", 1);
  FakeDesk desk;
  Bulletin bulletin = bulletin_of(desk);
  bulletin.posted = 1741609800;
  EXPECT_EQ(health_of(desk, bulletin, 1741609804).line, "well");
  const Answer a = watched(desk, bulletin, 1741609900, "GET", "/healthz");
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(a.body, "well, but the control thread is busy or hangs since 12:30:00\n");
  EXPECT_NE(metrics_text(desk, bulletin, 1741609900).find("\nweir_control_age_seconds 100\n"), std::string::npos);
  desk.ailment_ = "a worker hangs since 12:31:00";
  EXPECT_EQ(watched(desk, bulletin, 1741609900, "GET", "/healthz").status, 503) << "read live, not from the bulletin";
}

TEST(Watched, KnowsTwoPathsAndChangesNothing) {
  FakeDesk desk;
  EXPECT_EQ(seen(desk, "GET", "/").status, 404);
  EXPECT_EQ(seen(desk, "POST", "/v1/reload").status, 404);
  EXPECT_EQ(seen(desk, "POST", "/metrics").status, 405);
  EXPECT_EQ(desk.reloads_, 0);
  EXPECT_TRUE(seen(desk, "HEAD", "/healthz").head);
}

TEST(Refusals, AreFoundByTheCodeOfTheirPage) {
  FakeDesk desk;
  refuse(desk, 0x8000000000000007, "x.ads.example", "ads");
  refuse(desk, 0x8000000000000007, "y.ads.example", "gone since");
  refuse(desk, 0x8000000000000008, "z.ads.example", "ads");
  const std::string code = account::flow_code(0x8000000000000007);
  const Answer a = answer(desk, "GET", "/v1/refusal?code=" + code);
  ASSERT_EQ(a.status, 200);
  const auto found = parse_json<Refusals>(a.body).value().refusals;
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].host, "y.ads.example") << "the last first";
  EXPECT_EQ(found[0].where, "") << "its rule is gone";
  EXPECT_EQ(found[1].where, "weir.toml:41");
  EXPECT_EQ(found[1].code, code);
  EXPECT_EQ(found[1].client, "10.0.0.1");
  EXPECT_EQ(answer(desk, "GET", "/v1/refusal?code=0000-0000").status, 409);
  EXPECT_EQ(answer(desk, "GET", "/v1/refusal?code=x").status, 400);
  EXPECT_EQ(answer(desk, "GET", "/v1/refusal").status, 400);
}

TEST(Flows, SinceLeavesOutWhatEndedBefore) {
  FakeDesk desk;
  account::Record old, fresh;
  old.ts = std::chrono::system_clock::now() - std::chrono::hours(2);
  old.host = "old.example";
  fresh.ts = std::chrono::system_clock::now() - std::chrono::hours(2);
  fresh.duration = std::chrono::minutes(115);
  fresh.host = "fresh.example";
  desk.books_.ledger(0).request(old);
  desk.books_.ledger(0).request(fresh);
  const auto list = parse_json<FlowList>(answer(desk, "GET", "/v1/flows?since=900").body).value();
  ASSERT_EQ(list.flows.size(), 1u) << "by the time of the end";
  EXPECT_EQ(list.flows[0].host, "fresh.example");
  EXPECT_EQ(answer(desk, "GET", "/v1/flows?since=15m").status, 400);
}

TEST(Health, SpeaksOfNoCopyWhereAListWasNeverFetched) {
  FakeDesk desk;
  Bulletin bulletin = bulletin_of(desk);
  bulletin.status.policy.stale = {"ads", "ut1"};
  bulletin.status.policy.empty = {"ut1"};
  const Health health = health_of(desk, bulletin, bulletin.posted);
  EXPECT_EQ(health.notes, (std::vector<std::string>{"list ads is stale", "list ut1 was never fetched"}));
}

TEST(Health, SaysThatNoOriginAnswersAndIsWellAllTheSame) {
  FakeDesk desk;
  EXPECT_NE(metrics(desk).find("weir_origins_silent{family=\"ipv4\"} 0\n"), std::string::npos);
  const Monotonic asked = std::chrono::steady_clock::now() - std::chrono::minutes(1);
  for (const char* origin : {"192.0.2.1", "192.0.2.2", "192.0.2.3"})
    desk.books_.ledger(0).silent(*Address::parse(origin), asked);
  EXPECT_TRUE(health(desk).well) << "connections are judged, for what they are worth";
  EXPECT_TRUE(health(desk).line.starts_with("well, but no origin answers over IPv4 since ")) << health(desk).line;
  EXPECT_NE(metrics(desk).find("weir_origins_silent{family=\"ipv4\"} 1\n"), std::string::npos);
  EXPECT_NE(metrics(desk).find("weir_origins_silent{family=\"ipv6\"} 0\n"), std::string::npos);
  const auto status = parse_json<Status>(answer(desk, "GET", "/v1/status").body).value();
  EXPECT_EQ(status.outage.asked, 3u);
  EXPECT_TRUE(status.outage.total);
}

}  // namespace
}  // namespace weir::control
