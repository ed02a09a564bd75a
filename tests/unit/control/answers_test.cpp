#include "control/answers.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fake_desk.h"
#include "http/h1_decode.h"
#include "shapes/json.h"

namespace weir::control {
namespace {

template <class T>
T read(const Answer& a) {
  return parse_json<T>(a.body).value();
}

account::Record record(FlowId id, const char* client, CloseReason reason) {
  account::Record r;
  r.id = id;
  r.ts = WallTime(std::chrono::seconds(id));
  r.flow = {{*Address::parse(client), 40000}, {*Address::parse("198.51.100.1"), 80}};
  r.host = "a.example";
  r.reason = reason;
  return r;
}

TEST(Answers, StatusIsTheSituationWithTheCounters) {
  FakeDesk desk;
  desk.wire_[WEIR_WIRE_passed_hello] = 30112;
  desk.wire_[WEIR_WIRE_passed_syn] = 6788;
  desk.wire_[WEIR_WIRE_overloaded] = 14;
  desk.wire_[WEIR_WIRE_ring_full] = 2;
  account::Ledger& ledger = desk.books_.ledger(0);
  FlowId id = ledger.opened({.flow = record(0, "10.0.0.1", {}).flow});
  ledger.judged(id, {.host = "x", .depth = Depth::splice, .action = Action::block, .rule = "ads"});
  ledger.ended(id, CloseReason::blocked, account::Traffic{10, 20});
  ledger.request(record(7, "10.0.0.1", CloseReason::origin_refused));
  ledger.dialled(account::Dial::gateway);

  Answer a = answer(desk, "GET", "/v1/status");
  EXPECT_EQ(a.status, 200);
  Status s = read<Status>(a);
  EXPECT_EQ(s.version, "0.1.0");
  EXPECT_EQ(s.policy.rules, 1u);
  EXPECT_EQ(s.connections.inspect, 30112u);
  EXPECT_EQ(s.connections.pass, 6788u);
  EXPECT_EQ(s.connections.splice, 1u);
  EXPECT_EQ(s.connections.block, 1u);
  EXPECT_EQ(s.connections.failed, 1u);
  EXPECT_EQ(s.connections.requests, 1u);
  EXPECT_EQ(s.connections.bytes_out, 20u);
  EXPECT_EQ(s.unjudged.overloaded, 14u);
  EXPECT_EQ(s.events_lost, 2u);
  EXPECT_EQ(s.dials.gateway, 1u);
  EXPECT_GT(s.now, 1600000000);
}

TEST(Answers, SlowIsWhatTheDeskSays) {
  FakeDesk desk;
  desk.slow_ = {.verdict = "origin", .since = 7, .stages = {{.stage = "origin", .spans = {{.carrier = "passed"}}}}};
  const Answer a = answer(desk, "GET", "/v1/slow");
  EXPECT_EQ(a.status, 200);
  EXPECT_EQ(read<Slow>(a).stages.at(0).spans.at(0).carrier, "passed");
  EXPECT_EQ(answer(desk, "GET", "/v1/slow?x=1").status, 400);
  EXPECT_EQ(answer(desk, "POST", "/v1/slow").status, 405);
}

TEST(Answers, StatusAndPolicyTellWhatShadowsWouldHaveDone) {
  FakeDesk desk;
  config::Config config = desk.policy_->config();
  for (const char* rule : {"b", "c", "d"}) config.rules.push_back({.name = rule, .action = Action::block, .where = {}});
  config.rules.push_back({.name = "opens", .action = Action::allow, .shadow = true, .where = {}});
  desk.policy_ = policy::Snapshot::build(config, {}, 1);
  account::Ledger& ledger = desk.books_.ledger(0);
  for (const char* rule : {"ads", "ads", "b", "c", "d", "d", "gone", "gone", "gone", "opens"}) {
    account::Record line = record(7, "10.0.0.1", CloseReason::done);
    line.would = rule == std::string_view("opens") ? Action::allow : Action::block;
    line.would_rule = rule;
    ledger.request(line);
  }
  ledger.request(record(7, "10.0.0.1", CloseReason::done));

  const Status s = read<Status>(answer(desk, "GET", "/v1/status"));
  EXPECT_FALSE(s.would.observe);
  EXPECT_EQ(s.would.shadows, 1u);
  EXPECT_EQ(s.would.lines, 11u);
  EXPECT_EQ(s.would.refused, 6u) << "by rules that are in force still";
  ASSERT_EQ(s.would.most.size(), 3u);
  EXPECT_EQ(s.would.most[0].rule, "ads");
  EXPECT_EQ(s.would.most[1].rule, "d");
  EXPECT_EQ(s.would.most[2].count, 1u);

  const Policy p = read<Policy>(answer(desk, "GET", "/v1/policy"));
  ASSERT_EQ(p.rules.size(), 5u);
  EXPECT_EQ(p.rules[0].would, 2u);
  EXPECT_EQ(p.rules[0].hits, 0u);
  EXPECT_TRUE(p.rules[0].in_force);
}

TEST(Answers, CacheIsTheStoreWithTheCounters) {
  FakeDesk desk;
  account::Record hit = record(7, "10.0.0.1", CloseReason::done);
  hit.cache = CacheResult::hit;
  hit.bytes_out = 500;
  desk.books_.ledger(0).request(hit);
  hit.cache = CacheResult::miss;
  desk.books_.ledger(0).request(hit);

  const Cache c = read<Cache>(answer(desk, "GET", "/v1/cache"));
  EXPECT_EQ(c.ceiling, std::uint64_t{1} << 20);
  EXPECT_EQ(c.memory, desk.cache_.used());
  EXPECT_EQ(c.bytes_saved, 500u);
  EXPECT_EQ(c.bytes_out, 1000u);
  ASSERT_EQ(c.results.size(), static_cast<std::size_t>(cache_results));
  EXPECT_EQ(c.results[0].name, "hit");
  EXPECT_EQ(c.results[0].count, 1u);
  EXPECT_TRUE(c.results[0].saved);
}

TEST(Answers, PurgeTakesAUrlAHostOrAll) {
  FakeDesk desk;
  io::Loop loop;
  const auto put = [&](std::string_view host, std::string_view target) {
    auto body = std::make_shared<cache::Body>(desk.cache_);
    body->finish("", loop);
    const cache::Key key{.host = host, .target = target};
    constexpr std::string_view text = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    http::HeadScan scan;
    http::Response head;
    ASSERT_TRUE(http::decode_response(as_bytes(text), {}, {}, scan, head).value());
    auto entry = cache::Entry::make(desk.cache_, cache::OwnedKey(key), {}, cache::StoredHead::of(head, {}), {}, body);
    desk.cache_.put(entry, desk.cache_.find(key, {}, {}).epoch);
  };
  for (const char* target : {"/a?b=c", "/a", "/"}) put("a.example", target);
  put("b.example", "/");
  const auto gone = [&](const char* query) {
    return read<Purged>(answer(desk, "POST", std::string("/v1/purge?") + query)).objects;
  };
  EXPECT_EQ(gone("url=http://A.example:80/a%3Fb=c"), 1u);
  EXPECT_EQ(gone("url=http://a.example"), 1u);
  EXPECT_EQ(gone("host=a.example."), 1u);
  EXPECT_EQ(gone("host=a.example"), 0u);
  EXPECT_EQ(gone("all=1"), 1u);
  for (const char* bad : {"", "?all=0", "?host=", "?url=http:///x", "?host=a&all=1", "?what=x"})
    EXPECT_EQ(answer(desk, "POST", std::string("/v1/purge") + bad).status, 400) << bad;
}

TEST(Answers, ChangesByHandTakeNamesClientsAndATime) {
  FakeDesk desk;
  const auto post = [&](const char* query) { return answer(desk, "POST", std::string("/v1/changes") + query); };
  EXPECT_EQ(
      read<HandChanged>(post("?action=allow&host=.a.example,b.example&client=@kids,10.0.0.1&for=60")).change.number,
      7u);
  EXPECT_EQ(post("?action=pass").status, 200);
  EXPECT_EQ(post("?action=never&host=.c.example").status, 200);
  EXPECT_EQ(post("/undo?number=7").status, 200);
  EXPECT_EQ(post("/undo?number=8").status, 422);
  const std::vector<std::string> asked{"allow for 1 .a.example b.example of @kids of 10.0.0.1", "pass for 0",
                                       "never for 0 .c.example", "undo 7", "undo 8"};
  EXPECT_EQ(desk.changes_, asked);
  for (const char* bad :
       {"", "?host=a.example", "?action=block", "?action=redirect&host=a", "?action=never", "?action=pass&for=0",
        "?action=pass&for=1m", "?action=pass&x=1", "/undo", "/undo?number=0", "/undo?number=7&x=1"})
    EXPECT_EQ(post(bad).status, 400) << bad;
}

TEST(Answers, FlowsAreThoseOfTheAccessLogAndLiveOnesHaveNoReason) {
  FakeDesk desk;
  account::Ledger& ledger = desk.books_.ledger(0);
  ledger.opened({.flow = record(0, "10.0.0.9", {}).flow});
  ledger.request(record(7, "10.0.0.1", CloseReason::origin_refused));
  ledger.request(record(8, "10.0.0.2", CloseReason::done));

  auto json = nlohmann::json::parse(answer(desk, "GET", "/v1/flows").body);
  ASSERT_EQ(json["flows"].size(), 3u);
  EXPECT_EQ(json["flows"][0]["live"], true);
  EXPECT_FALSE(json["flows"][0].contains("reason"));
  auto list = parse_json<FlowList>(json.dump())->flows;
  EXPECT_EQ(list[0].client, "10.0.0.9");
  EXPECT_EQ(list[1].flow, "0000000000000008");
  EXPECT_EQ(list[2].reason, "origin_refused");
  EXPECT_EQ(list[2].dst_port, 80u);

  EXPECT_EQ(read<FlowList>(answer(desk, "GET", "/v1/flows?failed=1")).flows.size(), 1u);
  EXPECT_EQ(read<FlowList>(answer(desk, "GET", "/v1/flows?client=10.0.0.0%2F30")).flows.size(), 2u);
  EXPECT_EQ(read<FlowList>(answer(desk, "GET", "/v1/flows?host=EXAMPLE.")).flows.size(), 2u);
  EXPECT_EQ(read<FlowList>(answer(desk, "GET", "/v1/flows?host=other")).flows.size(), 0u);
}

TEST(Answers, FlowsSayWhetherTheLimitKeptOthersOut) {
  FakeDesk desk;
  account::Ledger& ledger = desk.books_.ledger(0);
  const auto asked = [&](const char* limit) {
    return read<FlowList>(answer(desk, "GET", std::string("/v1/flows?limit=") + limit));
  };
  ledger.request(record(7, "10.0.0.1", CloseReason::done));
  EXPECT_FALSE(asked("1").more);
  ledger.opened({.flow = record(0, "10.0.0.9", {}).flow});
  EXPECT_EQ(asked("1").flows.size(), 1u);
  EXPECT_TRUE(asked("1").flows.at(0).live);
  EXPECT_TRUE(asked("1").more) << "one that has ended";
  EXPECT_EQ(asked("2").flows.size(), 2u);
  EXPECT_FALSE(asked("2").more);
}

// Lines bear the first name of a device; whoever knows it by another one means the same device.
TEST(Answers, FlowsOfADeviceAreFoundByAnyOfItsNames) {
  FakeDesk desk;
  account::Record r = record(7, "10.0.0.7", CloseReason::done);
  r.client_name = "tablet-1";
  desk.books_.ledger(0).request(r);
  const auto asked = [&](const char* client) {
    return read<FlowList>(answer(desk, "GET", std::string("/v1/flows?client=") + client)).flows.size();
  };
  EXPECT_EQ(asked("tablet-1"), 1u);
  EXPECT_EQ(asked("tablet"), 1u);
  EXPECT_EQ(asked("tablet-2"), 0u);
}

TEST(Answers, AnAddressAsHostIsTheDestinationOfThoseThatNamedNobody) {
  FakeDesk desk;
  account::Record named = record(7, "10.0.0.1", CloseReason::done), nameless = named, v6 = named;
  nameless.host = v6.host = "";
  v6.flow.origin = {*Address::parse("2001:db8::1"), 443};
  for (const account::Record& r : {named, nameless, v6}) desk.books_.ledger(0).request(r);
  const auto asked = [&](const char* host) {
    return read<FlowList>(answer(desk, "GET", std::string("/v1/flows?host=") + host)).flows.size();
  };
  EXPECT_EQ(asked("198.51.100.1"), 1u);
  EXPECT_EQ(asked("198.51.100.1:443"), 1u) << "as the page of flows shows it";
  EXPECT_EQ(asked("%5B2001:db8::1%5D:443"), 1u);
  EXPECT_EQ(asked("a.example"), 1u);
  EXPECT_EQ(asked("198.51.100.2"), 0u);
}

TEST(Answers, AStatusTellsWhatTheAccessLogHolds) {
  FakeDesk desk;
  Status s = read<Status>(answer(desk, "GET", "/v1/status"));
  EXPECT_EQ(s.log.format, "json");
  EXPECT_EQ(s.log.only, "all");
  config::Config config;
  config.log = {.format = LogFormat::squid, .only_blocked = true};
  desk.policy_ = policy::Snapshot::build(config, {}, 1);
  s = read<Status>(answer(desk, "GET", "/v1/status"));
  EXPECT_EQ(s.log.format, "squid");
  EXPECT_EQ(s.log.only, "blocked");
}

TEST(Answers, AUrlOfStrayBytesIsStillJson) {
  FakeDesk desk;
  account::Record r = record(7, "10.0.0.1", CloseReason::done);
  r.url = r.method = "\xff\xc2\x9b\n\x01";
  desk.books_.ledger(0).request(r);
  Answer a = answer(desk, "GET", "/v1/flows");
  EXPECT_TRUE(nlohmann::json::accept(a.body));
  for (char c : a.body) EXPECT_TRUE(c >= 0x20 && c < 0x7f);
}

TEST(Answers, ReasonsHaveEveryRowOfBothTables) {
  FakeDesk desk;
  desk.wire_[WEIR_WIRE_no_daemon] = 5;
  desk.books_.ledger(0).request(record(7, "10.0.0.1", CloseReason::client_reset));
  Reasons all = read<Reasons>(answer(desk, "GET", "/v1/reasons"));
  ASSERT_EQ(all.wire.size(), static_cast<std::size_t>(WEIR_WIRE_REASONS));
  ASSERT_EQ(all.close.size(), static_cast<std::size_t>(close_reasons));
  EXPECT_EQ(all.wire[WEIR_WIRE_no_daemon].name, "no_daemon");
  EXPECT_EQ(all.wire[WEIR_WIRE_no_daemon].count, 5u);
  const EndReason& reset = all.close[static_cast<int>(CloseReason::client_reset)];
  EXPECT_EQ(reset.name, "client_reset");
  EXPECT_TRUE(reset.failure);
  EXPECT_EQ(reset.count, 1u);
  EXPECT_EQ(reset.connections, 0u);
}

TEST(Answers, PolicyNamesRulesWithTheirLine) {
  FakeDesk desk;
  Policy p = read<Policy>(answer(desk, "GET", "/v1/policy"));
  EXPECT_EQ(p.config, "7c1e4a");
  ASSERT_EQ(p.rules.size(), 1u);
  EXPECT_EQ(p.rules[0].name, "ads");
  EXPECT_EQ(p.rules[0].action, "block");
  EXPECT_EQ(p.rules[0].where, "weir.toml:41");
  EXPECT_EQ(p.groups, std::vector<std::string>{"kids"});
}

TEST(Answers, ExplainNamesRuleLineStageAndDepth) {
  FakeDesk desk;
  auto ask = [&](const char* query) {
    return read<Explained>(answer(desk, "GET", std::string("/v1/explain?") + query));
  };
  Explained e = ask("client=10.0.0.1&dest=198.51.100.1&port=443&host=x.ADS.example");
  EXPECT_EQ(e.action, "block");
  EXPECT_EQ(e.rule, "ads");
  EXPECT_EQ(e.where, "weir.toml:41");
  EXPECT_EQ(e.stage, "hello");
  EXPECT_EQ(e.host, "x.ads.example");
  EXPECT_FALSE(e.depth.empty());
  EXPECT_FALSE(e.depth_because.empty());
  EXPECT_FALSE(e.steps.empty());

  e = ask("client=10.0.0.1&port=443&host=other.example");
  EXPECT_EQ(e.action, "allow");
  EXPECT_EQ(e.rule, "");
  EXPECT_EQ(e.dest, "");
  EXPECT_TRUE(ask("client=192.0.2.7&dest=198.51.100.1").exempt);
}

TEST(Answers, ExplainTakesADeviceByItsName) {
  FakeDesk desk;
  const auto e = read<Explained>(answer(desk, "GET", "/v1/explain?client=tablet-1&host=ads.example"));
  EXPECT_EQ(e.client, "10.0.0.7");
  EXPECT_EQ(e.mac, "02:00:5e:10:00:01");
  EXPECT_EQ(e.client_name, "tablet-1");
  const Answer nobody = answer(desk, "GET", "/v1/explain?client=tablet-2");
  EXPECT_EQ(nobody.status, 409);
  EXPECT_EQ(refusal_in(nobody.body), "no device is called tablet-2 now");
}

TEST(Answers, ClientsAreThoseOfTheDesk) {
  FakeDesk desk;
  const auto all = read<ClientList>(answer(desk, "GET", "/v1/clients"));
  EXPECT_GT(all.now, 0);
  ASSERT_EQ(all.clients.size(), 1U);
  EXPECT_EQ(all.clients[0].name, "tablet-1");
  EXPECT_EQ(all.clients[0].connections, 2U);
}

// "+" is no blank here (RFC 3986).
TEST(Answers, ExplainJudgesByTheDesksClockOrByTheTimeThatIsAsked) {
  FakeDesk desk;
  config::Config config;
  config.rules.push_back({.name = "night", .action = Action::block, .time = {{.hours = *parse_hours("22:00-06:00")}}});
  desk.policy_ = policy::Snapshot::build(config, {}, 1);
  desk.moment_ = parse_wall("2026-01-02 12:00");
  auto ask = [&](const std::string& query) {
    return read<Explained>(answer(desk, "GET", "/v1/explain?client=10.0.0.1" + query));
  };
  EXPECT_EQ(ask("").action, "allow");
  EXPECT_EQ(ask("").time, "Fri 2026-01-02 12:00");
  EXPECT_EQ(ask("&time=2026-01-02%2023%3A00").action, "block");
}

TEST(Answers, ReloadIsDoneOrRefusedWithEveryMistake) {
  FakeDesk desk;
  desk.reloaded_.mistakes = {{"weir.toml:12:1", "unknown key", "did you mean"},
                             {"weir.toml:40:1", "no such group", ""}};
  Answer a = answer(desk, "POST", "/v1/reload");
  EXPECT_EQ(a.status, 422);
  EXPECT_EQ(read<Reloaded>(a).mistakes.size(), 2u);
  desk.reloaded_ = {.done = true};
  EXPECT_EQ(answer(desk, "POST", "/v1/reload").status, 200);
  EXPECT_EQ(desk.reloads_, 2);
}

TEST(Answers, AReloadMayHaveToBeConfirmed) {
  FakeDesk desk;
  desk.reloaded_ = {.done = true, .confirm_until = 7};
  EXPECT_EQ(answer(desk, "POST", "/v1/confirm").status, 409);
  EXPECT_EQ(read<Reloaded>(answer(desk, "POST", "/v1/reload?confirm=600")).confirm_until, 7);
  EXPECT_EQ(desk.window_, std::chrono::minutes(10));
  EXPECT_EQ(answer(desk, "POST", "/v1/confirm").status, 200);
  EXPECT_EQ(answer(desk, "POST", "/v1/rollback").status, 200);
  for (const char* bad : {"confirm=0", "confirm=604801", "confirm=10m", "confirm=", "confirm=1&force=1"})
    EXPECT_EQ(answer(desk, "POST", std::string("/v1/reload?") + bad).status, 400) << bad;
}

TEST(Answers, DrainIsUndoneWhereItWasDone) {
  FakeDesk desk;
  EXPECT_EQ(answer(desk, "POST", "/v1/drain?undo=1").status, 409);
  EXPECT_EQ(read<Drain>(answer(desk, "POST", "/v1/drain")).held, 3u);
  EXPECT_EQ(read<Drain>(answer(desk, "POST", "/v1/drain?undo=1")).state, "running");
  EXPECT_EQ(answer(desk, "POST", "/v1/drain?undo=0").status, 400);
  EXPECT_EQ(answer(desk, "POST", "/v1/drain?redo=1").status, 400);
}

TEST(Answers, HistoryIsOfTheLastSoManySeconds) {
  FakeDesk desk;
  const History all = read<History>(answer(desk, "GET", "/v1/history"));
  EXPECT_EQ(all.events.size(), 1u);
  EXPECT_EQ(desk.asked_since_, 0);
  const History some = read<History>(answer(desk, "GET", "/v1/history?since=60"));
  EXPECT_EQ(desk.asked_since_, some.now - 60);
  EXPECT_EQ(answer(desk, "GET", "/v1/history?since=1d").status, 400);
}

TEST(Answers, ListsAreShownComparedAndChanged) {
  FakeDesk desk;
  const Lists all = read<Lists>(answer(desk, "GET", "/v1/lists"));
  ASSERT_EQ(all.lists.size(), 1u);
  EXPECT_EQ(all.lists[0].held, "it is empty");
  EXPECT_GT(all.now, 1600000000);
  const ListDiff diff = read<ListDiff>(answer(desk, "GET", "/v1/lists/diff?list=ads"));
  ASSERT_EQ(diff.refused.size(), 1u);
  EXPECT_EQ(diff.refused[0].clients, 5u);
  EXPECT_EQ(answer(desk, "GET", "/v1/lists/diff?list=other").status, 409);
  EXPECT_EQ(answer(desk, "POST", "/v1/lists/accept?list=ads").status, 200);
  EXPECT_EQ(answer(desk, "POST", "/v1/lists/accept?list=other").status, 422);
  EXPECT_EQ(answer(desk, "POST", "/v1/lists/except?list=ads&name=.CDN.Example.").status, 200);
  EXPECT_EQ(answer(desk, "POST", "/v1/lists/except?list=ads&name=a.example&again=1").status, 200);
  EXPECT_EQ(desk.changes_,
            (std::vector<std::string>{"accept ads", "accept other", "except ads .cdn.example", "again ads a.example"}))
      << "names arrive normalised";
}

TEST(Answers, WhatTheProtocolDoesNotKnowIsRefusedAndChangesNothing) {
  FakeDesk desk;
  struct {
    const char *method, *target;
    int status;
  } cases[] = {
      {"GET", "/", 404},
      {"GET", "", 404},
      {"GET", "/v1/status/", 404},
      {"GET", "/v1/../v1/status", 404},
      {"GET", "/v1/reload", 405},
      {"get", "/v1/status", 405},
      {"POST", "/v1/status", 405},
      {"POST", "/v1/reload?force=1", 400},
      {"GET", "/v1/status?x=1", 400},
      {"GET", "/v1/flows?limit", 400},
      {"GET", "/v1/flows?limit=0", 400},
      {"GET", "/v1/flows?limit=-1", 400},
      {"GET", "/v1/flows?limit=99999999999999999999", 400},
      {"GET", "/v1/flows?limit=1&limit=2", 400},
      {"GET", "/v1/flows?client=a..b", 400},
      {"GET", "/v1/flows?client=%", 400},
      {"GET", "/v1/flows?client=%4", 400},
      {"GET", "/v1/flows?client=%zz1", 400},
      {"GET", "/v1/flows?host=%00", 400},
      {"GET", "/v1/flows?failed=yes", 400},
      {"GET", "/v1/flows?colour=red", 400},
      {"GET", "/v1/flows?&", 400},
      {"GET", "/v1/lists?x=1", 400},
      {"GET", "/v1/lists/diff", 400},
      {"POST", "/v1/lists/diff?list=ads", 405},
      {"GET", "/v1/lists/accept?list=ads", 405},
      {"POST", "/v1/lists/accept?list=ads&name=x", 400},
      {"POST", "/v1/lists/except?list=ads", 400},
      {"POST", "/v1/lists/except?list=ads&name=a..b", 400},
      {"POST", "/v1/lists/except?list=ads&name=a.b&again=0", 400},
      {"GET", "/v1/explain", 400},
      {"GET", "/v1/explain?client=1.2.3", 400},
      {"GET", "/v1/explain?client=10.0.0.1&port=65536", 400},
      {"GET", "/v1/explain?client=10.0.0.1&port=0", 400},
      {"GET", "/v1/explain?client=10.0.0.1&host=a..b", 400},
      {"GET", "/v1/explain?client=10.0.0.1&time=now", 400},
  };
  for (const auto& c : cases) {
    Answer a = answer(desk, c.method, c.target);
    EXPECT_EQ(a.status, c.status) << c.method << ' ' << c.target;
    EXPECT_TRUE(nlohmann::json::parse(a.body).contains("error")) << c.target;
  }
  EXPECT_EQ(desk.reloads_, 0);
  EXPECT_TRUE(desk.changes_.empty());
}

}  // namespace
}  // namespace weir::control
