// Every page, in the states that it can be in.
#include "golden.h"

namespace weir::proxyctl {
namespace {

TEST_F(Golden, StatusOfAQuietBoxFitsOnEightLines) {
  std::string text = status_text(json<control::Status>("status_quiet"), look_);
  expect_golden("status_quiet", text);
  EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 8);
}

TEST_F(Golden, StatusNamesEverythingThatIsNotAsTheFileSays) {
  expect_golden("status_trouble", status_text(json<control::Status>("status_trouble"), look_));
}

TEST_F(Golden, ClientsAreNamedBeforeTheyAreNumbered) {
  expect_golden("clients", clients_text(json<control::ClientList>("clients"), look_));
  expect_golden("clients_none", clients_text({}, look_));
}

// A counter that grew last in the night needs nobody in the morning; it stays to be seen.
TEST_F(Golden, StatusForgetsInItsFirstLineWhatIsLongAgo) {
  auto status = json<control::Status>("status_quiet");
  status.unjudged = {.no_daemon = 1, .last = status.now - 600};
  expect_golden("status_unjudged", status_text(status, look_));
  status.unjudged.last = status.now - 3600;
  expect_golden("status_unjudged_once", status_text(status, look_));
  status.policy.differs = true;
  EXPECT_NE(status_text(status, look_).find("the file on disk differs"), std::string::npos);
}

TEST_F(Golden, StatusTellsAListWithoutACopyFromAStaleOne) {
  auto status = json<control::Status>("status_quiet");
  status.policy.stale = {"ut1", "ads"};
  status.policy.empty = {"ut1"};
  expect_golden("status_lists", status_text(status, look_));
}

TEST_F(Golden, StatusNamesDevicesThatNobodyKnows) {
  auto status = json<control::Status>("status_quiet");
  status.policy.unknown_devices = {"tv-1", "tablet-2"};
  expect_golden("status_devices", status_text(status, look_));
}

TEST_F(Golden, StatusOnAnOlderKernelNamesTheFallback) {
  expect_golden("status_fallback", status_text(json<control::Status>("status_fallback"), look_));
}

TEST_F(Golden, StatusOfADaemonThatDoesNotAnswerIsTheLastKnown) {
  const auto quiet = json<control::Status>("status_quiet");
  control::LastPage page{.written = now_ - 100, .asked = now_ - 101, .health = {.line = "well"}, .status = quiet};
  expect_golden("status_hangs", last_page_text(page, now_, look_));
  EXPECT_EQ(last_health(page, now_).line,
            "not well: the daemon does not answer since 12:28:20, new connections follow on_failure");
  EXPECT_FALSE(last_health(page, now_).well);

  EXPECT_EQ(last_status(page, now_).state, "hangs");

  page.written = now_ - 1;
  page.asked = now_ - 30;
  EXPECT_EQ(last_status(page, now_).state, "busy");
  expect_golden("status_busy", last_page_text(page, now_, look_));
  EXPECT_TRUE(last_health(page, now_).well) << "judged by those who do not hang";
  page.health = {.well = false, .reason = "a worker hangs since 12:29:00", .line = "not well: a worker hangs"};
  expect_golden("status_busy_unjudged", last_page_text(page, now_, look_));
  EXPECT_EQ(last_health(page, now_).line, "not well: a worker hangs");
}

TEST_F(Golden, SlowNamesTheSideAndProvesIt) {
  expect_golden("slow_nothing", slow_text(slow_night("nothing"), look_));

  auto client = slow_night("client");
  client.stages[0].spans[0] = {"passed", 900, 84.0, 2.0, true};
  client.since = client.now - 600;
  client.times = 42;
  expect_golden("slow_client", slow_text(client, look_));

  auto inside = slow_night("inside");
  inside.stages[1].spans = {{"held", 240, 31.5, 0.2, true}};
  inside.since = inside.now - 3600 * 26;
  inside.times = 157;
  expect_golden("slow_inside", slow_text(inside, look_));

  auto dials = slow_night("inside");
  dials.stages[2].spans[1] = {"held", 80, 185.4, 12.0, true};
  dials.since = dials.now - 300;
  dials.times = 15.4;
  expect_golden("slow_dials", slow_text(dials, look_));
}

TEST_F(Golden, SlowSaysHonestlyWhatItDoesNotKnow) {
  expect_golden("slow_idle", slow_text({.now = now_,
                                        .from = now_ - 300,
                                        .verdict = "unknown",
                                        .usual = "the last 75 min",
                                        .needs = "5 connections within 5 minutes"},
                                       look_));
  auto first = slow_night("unknown");
  first.usual.clear();
  first.from = first.now - 100;
  first.needs = "an hour with connections in every 5 minutes, or 2 days at this hour";
  first.most = "answer";
  first.trouble = "what was usual before this run could not be read and is learned anew: /var/lib/weir/slow.json";
  for (auto& stage : first.stages)
    for (auto& span : stage.spans) span.usual_ms = 0;
  first.stages[2].spans[1].count = 0;
  expect_golden("slow_first", slow_text(first, look_));
}

TEST_F(Golden, RefusalsTellWhoWhatAndWhichLine) {
  control::Refusals all{.now = now_, .refusals = {}};
  all.refusals.push_back({.code = "K7QM-2XRA",
                          .ts = "2025-03-10T11:20:05.042Z",
                          .client = "192.168.1.40",
                          .host = "cdn.ads.example",
                          .dst = "203.0.113.41",
                          .dst_port = 80,
                          .url = "http://cdn.ads.example/a",
                          .action = "block",
                          .rule = "ads",
                          .where = "/etc/weir/weir.toml:41"});
  all.refusals.push_back({.code = "K7QM-2XRA",
                          .ts = "2025-03-10T11:20:04.000Z",
                          .client = "192.168.1.40",
                          .host = "",
                          .dst = "203.0.113.41",
                          .dst_port = 443,
                          .url = "",
                          .action = "reset",
                          .rule = "nameless",
                          .where = ""});
  expect_golden("refusals", refusals_text(all, look_));
}

TEST_F(Golden, TopIsTheDifferenceOfTwoLooks) {
  using control::FlowLine;
  Moment before{.status = json<control::Status>("status_quiet"), .flows = {}}, after = before;
  after.status.connections.inspect += 150;
  after.status.connections.serve += 5;
  after.status.connections.requests += 600;
  after.status.connections.block += 12;
  const FlowLine download{
      .live = true, .ts = "a", .flow = "1", .host = "big.example", .depth = "inspect", .bytes_out = 1000};
  const FlowLine kept{.live = true, .ts = "a", .flow = "2", .host = "site.example", .depth = "serve", .bytes_out = 500};
  const FlowLine old{
      .ts = "a", .flow = "2", .host = "site.example", .depth = "serve", .method = "GET", .bytes_out = 500};
  const FlowLine nameless{.ts = "b", .flow = "3", .dst = "203.0.113.41", .depth = "pass", .bytes_out = 7};
  before.flows.flows = {download, kept, old};
  FlowLine further = download, fresh = old, grown = kept;
  further.bytes_out = 52429800;
  fresh.ts = "b";
  grown.bytes_out = 1000;
  after.flows.flows = {further, grown, fresh, old, nameless};

  const auto rows = top_rows(before.flows, after.flows);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].bytes, 52428800u);
  EXPECT_EQ(rows[1].host, "site.example");
  EXPECT_EQ(rows[1].bytes, 500u) << "the new request, not the connection that carried it too";
  EXPECT_EQ(rows[1].fresh, 1u);
  EXPECT_EQ(rows[1].live, 1u);
  expect_golden("top", top_text(before, after, 5, 20, look_));
  EXPECT_EQ(top_text(before, after, 5, 1, look_).find("site.example"), std::string::npos);
}

TEST_F(Golden, StatusNamesWhomLimitsHoldAndWhenMemoryIsShort) {
  auto status = json<control::Status>("status_quiet");
  status.limited = {.waited = 1204, .refused = 38, .full = {"phone-7", "192.168.1.41", "tv-2", "tv-3", "tv-4"}};
  status.memory = {.used = 440 << 20, .ceiling = 512 << 20};
  expect_golden("status_limited", status_text(status, look_));
  status.limited = {};
  status.memory = {.used = 500 << 20, .ceiling = 512 << 20, .reached = true};
  expect_golden("status_memory", status_text(status, look_));
}

TEST_F(Golden, WhoAskedForANameAndWhatCannotBeKnown) {
  Visits visits{
      .host = "files.example", .files = 12, .lines = 38204, .nameless = 458, .unreadable = 2, .compressed = 3};
  visits.begins = 1740700800;
  visits.clients["192.168.1.40"] = {
      .first = 1741000000, .last = 1741002000, .times = 22, .received = 1503238553, .depths = {"inspected"}};
  visits.clients["2001:db8::17"] = {.first = 1741605605,
                                    .last = 1741609000,
                                    .times = 1600,
                                    .received = 0,
                                    .refused = 1600,
                                    .depths = {"spliced", "served"}};
  expect_golden("who", who_text(visits, now_, look_));
  const Visits nobody{.host = "files.example", .files = 1, .lines = 7, .begins = 1740700800};
  expect_golden("who_nobody", who_text(nobody, now_, look_));
}

// "Nobody" is said where it is known, and nowhere else.
TEST_F(Golden, WhoSaysWhatTheLogCannotTell) {
  const Visits nobody{.host = "files.example", .files = 1, .lines = 7, .begins = 1741600000};
  Visits blocked = nobody, late = nobody, later = nobody, unread = nobody, packed = nobody, lost = nobody;
  blocked.only_blocked = true;
  late.from = 1740787200;
  later.to = 1741000000;
  unread.unreadable = packed.compressed = lost.lost = 1;
  const Visits squid{.host = "files.example", .files = 1, .unreadable = 1}, empty{.host = "files.example", .files = 1};
  std::string text;
  for (const Visits& v : {blocked, late, later, unread, packed, lost, squid, empty}) text += who_text(v, now_, look_);
  expect_golden("who_unknown", text);
}

TEST_F(Golden, StatusSaysWhichRulesTheClockHasPutInForce) {
  control::Status status = json<control::Status>("status_quiet");
  status.times = {.rules = 3, .in_force = 1, .next = 1741618800, .next_wall = "Mon 2025-03-10 15:00"};
  expect_golden("status_times", status_text(status, look_));
  status.times = {.rules = 3, .in_force = 2, .clock_set = false};
  expect_golden("status_clock", status_text(status, look_));
}

control::HandChange museum() {
  return {.number = 7,
          .action = "allow",
          .host = {".museum.example"},
          .client = {"@room-12"},
          .since = 1741600000,
          .until = 1741603500,
          .idle = ""};
}

TEST_F(Golden, StatusShowsWhatWasChangedByHandAndItsUndo) {
  auto status = json<control::Status>("status_quiet");
  status.by_hand = {{.number = 9, .action = "pass", .until = status.now + 300},
                    museum(),
                    {.number = 5, .action = "except", .host = {"cdn.example"}, .list = "ads"},
                    {.number = 4, .action = "never", .host = {".bank.example"}, .client = {"@room-12"}}};
  status.by_hand[1].until = 0;
  status.by_hand[1].idle = "there is no group \"@room-12\"";
  expect_golden("status_by_hand", status_text(status, look_));
}

TEST_F(Golden, WhereOnlyIPv6IsSilentEverythingElseIsShownToo) {
  control::Outage broken{.since = now_ - 180, .families = "IPv6", .asked = 4};
  auto status = json<control::Status>("status_quiet");
  status.outage = broken;
  expect_golden("status_ipv6_silent", status_text(status, look_));
  auto slow = slow_night("nothing");
  slow.outage = broken;
  expect_golden("slow_ipv6_silent", slow_text(slow, look_));
}

TEST_F(Golden, StatusShowsWhatIsNotSeenAndWhatWeirItselfTakes) {
  auto status = json<control::Status>("status_quiet");
  status.seen = {.named = 36'230, .nameless = 1'354, .quic = 91'200};
  status.inside_ms = 0.21;
  status.conntrack = {.used = 250'000, .most = 262'144};
  expect_golden("status_hidden", status_text(status, look_));
}

TEST_F(Golden, AChangeByHandSaysWhatHoldsUntilWhenAndWhatItOverrides) {
  const control::HandChanged open{
      .done = true, .change = museum(), .overrides = "lesson time", .overrides_at = "weir.toml:41", .now = 1741601700};
  expect_golden("allow_done", hand_changed_text(open, look_));
  control::HandChanged partly = open;
  partly.held = {{"www.adult.example", "law", "weir.toml:10"}, {"", "court", "weir.toml:14"}};
  expect_golden("allow_partly", hand_changed_text(partly, look_));
  expect_golden("undo_done", undone_text(open, look_));
  const control::HandChanged blocked{.done = true,
                                     .change = {.number = 8, .action = "block", .host = {"a.example", "@games"}},
                                     .unkept = "No space left on device",
                                     .reset = 2,
                                     .unread = 3,
                                     .now = 1741601700};
  expect_golden("block_unkept", hand_changed_text(blocked, look_));
  control::HandChanged excepted{.done = true, .now = 1741601700};
  excepted.change = {.number = 9, .action = "except", .host = {"cdn.example"}, .list = "ads"};
  expect_golden("undo_except", undone_text(excepted, look_));
  control::HandChanged bank{.done = true, .now = 1741601700};
  bank.change = {.number = 8, .action = "never", .host = {".bank.example"}};
  expect_golden("never_done", hand_changed_text(bank, look_));
  expect_golden("undo_never", undone_text(bank, look_));
  const control::HandChanged locked{.failure = "\"law\" (weir.toml:10) is locked",
                                    .suggestion = "only the file can change it"};
  expect_golden("allow_locked", hand_changed_text(locked, look_));
}

TEST_F(Golden, AChangeByHandSaysWhatItDoesNotReach) {
  control::HandChanged c{.done = true, .change = {.number = 8, .action = "block", .host = {"!a.example"}}, .now = now_};
  expect_golden("block_negated", hand_changed_text(c, look_));
  c.change.host = {"news.example"};
  c.observe = true;
  expect_golden("block_observed", hand_changed_text(c, look_));
  c.observe = false;
  c.change.client = {"@kids", "!tv-9"};
  c.nobody = {"tv-9"};
  expect_golden("block_nobody", hand_changed_text(c, look_));
  c = {.done = true,
       .change = {.number = 9, .action = "pass"},
       .held = {{"a.example", "law", "weir.toml:10"}},
       .now = now_};
  expect_golden("pause_locked", hand_changed_text(c, look_));
}

TEST_F(Golden, StatusOfAnObserverSaysWhatItWouldHaveDone) {
  control::Status status = json<control::Status>("status_quiet");
  status.connections.block = status.connections.reset = 0;
  status.would = {.observe = true, .lines = 38204, .refused = 412, .most = {{"ads", 388}, {"homework and night", 24}}};
  expect_golden("status_observe", status_text(status, look_));
  status.would.observe = false;
  status.would.shadows = 2;
  expect_golden("status_shadows", status_text(status, look_));
}

TEST_F(Golden, PolicyShowsHowOftenEachRuleDecidedOrWouldHave) {
  control::Policy policy{.config = "7c1e4a", .rules = {}, .groups = {}, .lists = {}};
  policy.rules = {
      {.name = "servers", .action = "pass", .where = "/etc/weir/weir.toml:12", .hits = 6788},
      {.name = "homework", .action = "block", .where = "/etc/weir/weir.toml:18", .in_force = false, .hits = 24},
      {.name = "new ads", .action = "block", .where = "/etc/weir/weir.toml:25", .shadow = true, .would = 1388},
      {.name = "rule 4", .action = "redirect", .where = "/etc/weir/weir.toml:31"}};
  expect_golden("policy", policy_text(policy, false, look_));
  expect_golden("policy_shadow", policy_text(policy, true, look_));
  policy.observe = true;
  expect_golden("policy_observe", policy_text(policy, false, look_));
}

TEST_F(Golden, StatusWithoutATerminalHasNoMarks) {
  expect_golden("status_pipe", status_text(json<control::Status>("status_trouble"), {}));
}

TEST_F(Golden, FlowsShowLiveAndEnded) {
  expect_golden("flows", flows_text(json<control::FlowList>("flows"), {}, now_, look_));
}

TEST_F(Golden, FlowsSayThatThereAreMore) {
  auto list = json<control::FlowList>("flows");
  list.more = true;
  expect_golden("flows_more", flows_text(list, {}, now_, look_));
}

TEST_F(Golden, FlowsWithNoneSaysSo) {
  expect_golden("flows_none", flows_text({}, {}, now_, look_));
  expect_golden("flows_none_failed", flows_text({}, {.failed = true}, now_, look_));
}

TEST_F(Golden, FlowsFailed) {
  control::FlowList list = json<control::FlowList>("flows");
  std::erase_if(list.flows, [](const control::FlowLine& f) { return f.live || f.reason != "origin_refused"; });
  expect_golden("flows_failed", flows_text(list, {.failed = true}, now_, look_));
}

TEST_F(Golden, ReasonsLeaveOutWhatNeverHappened) {
  expect_golden("reasons", reasons_text(json<control::Reasons>("reasons"), look_));
}

TEST_F(Golden, CacheSaysWhatItIsWorth) {
  expect_golden("cache", cache_text(json<control::Cache>("cache"), look_));
  control::Cache off{.started = now_ - 60, .now = now_};
  expect_golden("cache_off", cache_text(off, look_));
  off.ceiling = 256 << 20;
  expect_golden("cache_new", cache_text(off, look_));
}

TEST_F(Golden, PurgeSaysWhatIsGone) {
  expect_golden("purge_url", purge_text({.objects = 1, .bytes = 14502}, "http://www.example/logo.png", look_));
  expect_golden("purge_host", purge_text({.objects = 312, .bytes = 94266982}, "www.example", look_));
  expect_golden("purge_none", purge_text({}, "\033[31mwww.example", look_));
  expect_golden("purge_all", purge_text({.objects = 12034, .bytes = 242221056}, "", look_));
}

TEST_F(Golden, ReloadSaysWhatHolds) {
  expect_golden("reload_done", reload_text(json<control::Reloaded>("reload_done"), now_, look_));
  expect_golden("reload_refused", reload_text(json<control::Reloaded>("reload_refused"), now_, look_));
}

TEST_F(Golden, AReloadThatHasToBeConfirmedSaysUntilWhen) {
  expect_golden("reload_waits", reload_text(json<control::Reloaded>("reload_waits"), now_, look_));
}

TEST_F(Golden, ConfigDiffShowsLinesAndMistakes) {
  expect_golden("config_diff", config_diff_text(json<control::ConfigDiff>("config_diff"), look_));
  expect_golden("config_diff_none", config_diff_text({.config = "7c1e4a", .file = "/etc/weir/weir.toml"}, look_));
}

TEST_F(Golden, HistoryIsALineAnEvent) {
  expect_golden("history", history_text(json<control::History>("history"), look_));
  expect_golden("history_none", history_text({}, look_));
}

// A program that reads along has no columns.
TEST_F(Golden, NothingIsCutWithoutATerminal) {
  const std::string words = std::string(150, 'w') + " end";
  const control::History history{.now = now_, .events = {{.ts = now_, .what = "refused", .text = words}}};
  EXPECT_NE(history_text(history, {}).find(words), std::string::npos);
  const control::Reasons reasons{.wire = {}, .close = {{.name = "done", .text = words, .count = 1}}};
  EXPECT_NE(reasons_text(reasons, {}).find(words), std::string::npos);
  EXPECT_EQ(reasons_text(reasons, look_).find(words), std::string::npos);
}

TEST_F(Golden, DrainSaysWhatIsHeldStill) {
  expect_golden("drain", drain_text({.state = "draining", .held = 612}, look_));
  expect_golden("drain_done", drain_text({.state = "drained"}, look_));
  expect_golden("drain_undone", drain_text({.state = "running", .held = 3}, look_));
}

TEST_F(Golden, StatusOfADrainedGatewayAndOfOneThatWaitsToBeConfirmed) {
  control::Status status = json<control::Status>("status_quiet");
  status.state = "drained";
  expect_golden("status_drained", status_text(status, look_));
  status.state = "running";
  status.policy.differs = status.policy.passed_over = true;
  status.policy.confirm_until = status.now + 600;
  expect_golden("status_waits", status_text(status, look_));
}

TEST_F(Golden, ListsSayWhatIsHeldStaleAndTaken) {
  expect_golden("lists_quiet", lists_text(json<control::Lists>("lists_quiet"), look_));
  expect_golden("lists_trouble", lists_text(json<control::Lists>("lists_trouble"), look_));
  expect_golden("lists_none", lists_text({}, look_));
}

TEST_F(Golden, DiffShowsWhatWouldChangeAndWhoWouldNotice) {
  expect_golden("diff", diff_text(json<control::ListDiff>("diff"), look_));
}

TEST_F(Golden, AChangedListSaysWhatHolds) {
  const auto changed = [&](const char* name, const char* said) {
    expect_golden(name, list_changed_text(json<control::ListChanged>(name), said, look_));
  };
  changed("except_done", "cdn.example is excepted");
  changed("except_still_held", "cdn.example is excepted");
  changed("accept_refused", "");
}

TEST_F(Golden, ExplainNamesRuleLineStageDepthAndSteps) {
  expect_golden("explain_block", explain_text(json<control::Explained>("explain_block"), "the running one", look_));
  expect_golden("explain_syn", explain_text(json<control::Explained>("explain_syn"), "/etc/weir/weir.toml", look_));
  expect_golden("explain_exempt", explain_text(json<control::Explained>("explain_exempt"), "the running one", look_));
}

TEST_F(Golden, ExplainNamesWhatIsNotDone) {
  control::Explained e = json<control::Explained>("explain_block");
  e.would = e.action;
  e.would_rule = e.rule;
  e.would_where = e.where;
  e.action = "allow";
  e.rule = e.where = "";
  e.observing = true;
  e.depth = "inspect";
  e.depth_because = "port 443 is TLS: the hello is read on the wire, then it passes";
  expect_golden("explain_observe", explain_text(e, "the running one", look_));
}

TEST_F(Golden, DoctorBeforeTheFirstStart) {
  Health health{.kernel = "6.12.9", .tcx = true, .takeover = true, .lan = {"br-lan"}, .mark = 0x100000, .table = 7745};
  EXPECT_TRUE(health.well());
  expect_golden("doctor_well", doctor_text(health, "/etc/weir/weir.toml", look_));

  health.findings = {{Mark::act, "rp_filter", "strict on br-lan: what is steered would be dropped",
                      "sysctl -w net.ipv4.conf.br-lan.rp_filter=2"},
                     {Mark::attention, "flow offload", "br-lan to pppoe-wan: offloaded connections pass unseen",
                      "nft delete flowtable inet fw4 ft"},
                     {Mark::none, "origins see", "IPv4 the gateway (masqueraded), IPv6 the client (routed)", ""}};
  EXPECT_FALSE(health.well());
  expect_golden("doctor_conflicts", doctor_text(health, "/etc/weir/weir.toml", look_));
}

TEST_F(Golden, DoctorOfARunningWeirListsWhatItAdded) {
  Health health{.running = true, .kernel = "6.1.0-50-amd64", .lan = {"lan0", "lan1"}};
  health.footprint = {"ip rule 100: fwmark 0x100000/0x100000 lookup 7745", "nft table inet weir"};
  expect_golden("doctor_running", doctor_text(health, "/etc/weir/weir.toml", look_));
}

TEST_F(Golden, DoctorNamesTheObstacle) {
  Health health{.kernel = "5.4.0", .obstacle = "the kernel refuses BPF programs: Operation not permitted"};
  EXPECT_FALSE(health.well());
  expect_golden("doctor_obstacle", doctor_text(health, "/etc/weir/weir.toml", look_));
}

// A client chooses the URL and the name; the operator's terminal must not obey it.
TEST_F(Golden, NothingAClientSendsReachesTheTerminalRaw) {
  control::FlowList list = json<control::FlowList>("flows");
  for (control::FlowLine& flow : list.flows) {
    flow.host = flow.method = flow.rule = flow.reason = flow.client = "\033]0;owned\a\xc2\x9b\n";
  }
  std::string text = flows_text(list, {}, now_, look_);
  for (char c : text) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n');
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), static_cast<long>(list.flows.size()) + 2);
  EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
}

TEST(ControlJson, AnOlderDaemonsAnswerIsReadWithDefaults) {
  auto status = control::parse_json<control::Status>(R"({"version":"0.1.0","unknown":1})").value();
  EXPECT_EQ(status.version, "0.1.0");
  EXPECT_EQ(status.connections.open, 0u);
}

}  // namespace
}  // namespace weir::proxyctl
