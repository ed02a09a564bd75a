#include "account/ledger.h"

#include <gtest/gtest.h>

namespace weir::account {
namespace {

using namespace std::chrono_literals;

Flow flow() { return {{*Address::parse("192.0.2.7"), 40001}, {*Address::parse("198.51.100.1"), 443}}; }
std::uint64_t records(const Totals& t, CloseReason r) { return t.records[static_cast<int>(r)]; }
std::uint64_t ends(const Totals& t, CloseReason r) { return t.connections[static_cast<int>(r)]; }

TEST(Ledger, CountsWhoseNameWasReadAndWhoShowedNone) {
  Books books(1, {});
  Ledger& ledger = books.ledger(0);
  const auto judged = [&](Judgement judgement) {
    ledger.judged(ledger.opened({.flow = flow()}), std::move(judgement));
  };
  judged({.host = "a.example", .depth = Depth::inspect});
  judged({.host = "b.example", .depth = Depth::serve});
  judged({.host = {}, .depth = Depth::inspect});
  judged({.host = {}, .depth = Depth::pass});
  EXPECT_EQ(books.totals().of(Count::named), 2u);
  EXPECT_EQ(books.totals().of(Count::nameless), 1u) << "what nobody looked into is neither";
}

TEST(Ledger, AConnectionWithoutRequestsIsOneRecordWithItsVerdictAndBytes) {
  Books books(1, {});
  Ledger& ledger = books.ledger(0);
  FlowId id = ledger.opened({.flow = flow()});
  EXPECT_EQ(books.totals().open(), 1u);
  ledger.judged(id, {.host = "a.example", .depth = Depth::splice, .action = Action::block, .rule = "ads"});
  ASSERT_EQ(books.live({}).size(), 1u);
  EXPECT_EQ(books.live({})[0].host, "a.example");
  ledger.ended(id, CloseReason::blocked, Traffic{517, 7});

  Totals t = books.totals();
  EXPECT_EQ(t.open(), 0u);
  EXPECT_EQ(t.of(Count::opened), 1u);
  EXPECT_EQ(t.of(Depth::splice), 1u);
  EXPECT_EQ(t.of(Action::block), 1u);
  EXPECT_EQ(records(t, CloseReason::blocked), 1u);
  EXPECT_EQ(ends(t, CloseReason::blocked), 1u);
  EXPECT_EQ(t.of(Count::bytes_in), 517u);
  EXPECT_EQ(t.of(Count::bytes_out), 7u);
  EXPECT_EQ(t.failed(), 0u);
  auto recent = books.recent({});
  ASSERT_EQ(recent.size(), 1u);
  EXPECT_EQ(recent[0].rule, "ads");
  EXPECT_EQ(recent[0].bytes_in, 517u);
  EXPECT_EQ(recent[0].flow, flow());
}

TEST(Ledger, CountsByRuleWhatWasDoneAndWhatWouldHaveBeen) {
  Books books(2, {});
  const auto carried = [&](unsigned ledger, Judgement judgement) {
    const FlowId id = books.ledger(ledger).opened({.flow = flow()});
    books.ledger(ledger).judged(id, std::move(judgement));
    books.ledger(ledger).ended(id, CloseReason::done);
  };
  carried(0, {.host = "a.example", .action = Action::block, .rule = "ads"});
  carried(1,
          {.host = "b.example", .action = Action::block, .rule = "ads", .would = Action::reset, .would_rule = "trial"});
  carried(1, {.host = "c.example", .rule = "", .would = Action::block, .would_rule = "ads"});
  carried(0, {.host = "d.example", .rule = ""});
  Record request;
  request.would = Action::reset;
  request.would_rule = "trial";
  books.ledger(0).request(request);

  const HitsByRule hits = books.hits();
  ASSERT_EQ(hits.size(), 2u);
  EXPECT_EQ(hits.at("ads").did, 2u);
  EXPECT_EQ(hits.at("ads").would, 1u);
  EXPECT_EQ(hits.at("trial").did, 0u);
  EXPECT_EQ(hits.at("trial").would, 2u);
  const Totals t = books.totals();
  EXPECT_EQ(t.would[static_cast<int>(Action::block)], 1u);
  EXPECT_EQ(t.would[static_cast<int>(Action::reset)], 2u);
  EXPECT_EQ(t.all(), 5u);
}

TEST(Ledger, AConnectionThatCarriedRequestsIsWrittenOnceForEachAndCountedOnceAtItsEnd) {
  Books books(1, {});
  Ledger& ledger = books.ledger(0);
  FlowId id = ledger.opened({.flow = flow(), .depth = Depth::serve});
  ledger.judged(id, {.host = "a.example", .depth = Depth::serve});
  ledger.judged(id, {.host = "b.example", .depth = Depth::serve});
  Record request;
  request.id = id;
  request.depth = Depth::serve;
  request.bytes_out = 100;
  ledger.request(request);
  request.reason = CloseReason::origin_reset;
  ledger.request(request);
  ledger.ended(id, CloseReason::client_closed);

  Totals t = books.totals();
  EXPECT_EQ(t.of(Count::requests), 2u);
  EXPECT_EQ(t.of(Depth::serve), 1u) << "a depth is a connection's, not a request's";
  EXPECT_EQ(t.of(Count::bytes_out), 200u);
  EXPECT_EQ(records(t, CloseReason::done), 1u);
  EXPECT_EQ(records(t, CloseReason::origin_reset), 1u);
  EXPECT_EQ(records(t, CloseReason::client_closed), 0u);
  EXPECT_EQ(ends(t, CloseReason::client_closed), 1u);
  EXPECT_EQ(t.failed(), 1u);
  EXPECT_EQ(books.recent({}).size(), 2u);
}

TEST(Ledger, AnEndIsCountedOnceAndAStrangersNever) {
  Books books(1, {});
  Ledger& ledger = books.ledger(0);
  FlowId id = ledger.opened({.flow = flow()});
  ledger.ended(id, CloseReason::done);
  ledger.ended(id, CloseReason::internal);
  ledger.ended(42, CloseReason::evicted);
  EXPECT_EQ(books.totals().of(Count::ended), 1u);
  EXPECT_EQ(ends(books.totals(), CloseReason::internal), 0u);
  EXPECT_EQ(ends(books.totals(), CloseReason::evicted), 0u);
}

TEST(Ledger, AFlowOfTheKernelKeepsItsIdItsStartAndWhatItHadMoved) {
  Books books(2, {});
  Ledger& ledger = books.ledger(1);
  auto since = std::chrono::steady_clock::now() - 10s;
  EXPECT_EQ(ledger.opened({.flow = flow(), .depth = Depth::pass, .id = 99, .since = since}), 99u);
  ledger.moved(99, {1000, 2000});
  ledger.ended(99, CloseReason::evicted);
  auto recent = books.recent({});
  ASSERT_EQ(recent.size(), 1u);
  EXPECT_EQ(recent[0].id, 99u);
  EXPECT_EQ(recent[0].bytes_out, 2000u);
  EXPECT_GE(recent[0].duration, 10s);
  EXPECT_LT(recent[0].ts, std::chrono::system_clock::now() - 9s);
}

TEST(Ledger, DialsAreCountedByTheirOutcome) {
  Books books(1, {});
  books.ledger(0).dialled(Dial::same_port);
  books.ledger(0).dialled(Dial::other_port);
  books.ledger(0).dialled(Dial::other_port);
  books.ledger(0).dialled(Dial::gateway);
  Totals t = books.totals();
  EXPECT_EQ(t.of(Count::dial_same_port), 1u);
  EXPECT_EQ(t.of(Count::dial_other_port), 2u);
  EXPECT_EQ(t.of(Count::dial_gateway), 1u);
}

TEST(Ledger, WhatTheLogCannotTakeIsCounted) {
  Books books(1, {.where = "/dev/null"});
  Record request;
  std::uint64_t written = 0;
  while (written < 1000000 && books.totals().of(Count::log_dropped) == 0) {
    books.ledger(0).request(request);
    ++written;
  }
  EXPECT_EQ(books.totals().of(Count::log_dropped), 1u);
  EXPECT_EQ(books.totals().of(Count::requests), written) << "a lost line is still counted as a request";
}

TEST(Recent, KeepsTheLastAndFindsFailuresNewestFirst) {
  Books books(2, {});
  Record r;
  for (FlowId id = 1; id <= Ledger::endings_kept + 10; ++id) {
    r.id = id;
    r.ts = WallTime(std::chrono::seconds(id));
    r.reason = id % 1000 == 0 ? CloseReason::origin_refused : CloseReason::done;
    books.ledger(id % 2).request(r);
  }
  auto all = books.recent({.limit = 5});
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(all[0].id, Ledger::endings_kept + 10);
  EXPECT_EQ(all[4].id, Ledger::endings_kept + 6);
  auto failed = books.recent({.failed = true, .limit = 2});
  ASSERT_EQ(failed.size(), 2u);
  EXPECT_EQ(failed[0].id, 4000u);
  EXPECT_EQ(failed[1].id, 3000u);

  for (FlowId id = 1; id <= Ledger::endings_kept; ++id) books.ledger(0).request(r);
  EXPECT_EQ(books.recent({.limit = 100000}).size(), Ledger::endings_kept + (Ledger::endings_kept + 10) / 2)
      << "the oldest go";
}

TEST(Recent, DoesNotKeepLongUrls) {
  Recent recent(Ledger::endings_kept);
  Record r;
  r.url.assign(100000, 'a');
  recent.add(r);
  std::vector<Record> found;
  recent.list({}, found);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].url.size(), Recent::url_bytes);
}

}  // namespace
}  // namespace weir::account
