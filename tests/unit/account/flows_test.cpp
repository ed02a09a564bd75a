#include "account/flows.h"

#include <gtest/gtest.h>

#include <thread>

#include "account/flow_ids.h"

namespace weir::account {
namespace {

using namespace std::chrono_literals;

Live flow(FlowId id, const char* client, const char* host) {
  Live live;
  live.record.id = id;
  live.record.ts = WallTime(std::chrono::seconds(id % 1000));
  live.record.flow.client.address = *Address::parse(client);
  live.record.host = host;
  live.since = Monotonic(10s);
  return live;
}

TEST(Flows, ListsTheNewestThatTheFilterWants) {
  Flows flows;
  for (FlowId id = 1; id <= 200; ++id) flows.insert(flow(id, id % 2 ? "10.0.0.1" : "10.9.0.2", "a.example"));
  flows.insert(flow(300, "10.0.0.1", "b.other"));

  Filter filter{.client = Prefix::parse("10.0.0.0/24"), .host = "example", .limit = 3};
  auto found = flows.list(filter, Monotonic(25s));
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].id, 199u);
  EXPECT_EQ(found[1].id, 197u);
  EXPECT_EQ(found[2].id, 195u);
  EXPECT_EQ(found[0].duration, 15s);
}

TEST(Flows, HostMeansTheNameAndWhatIsBelowIt) {
  Filter filter{.host = "b.example"};
  EXPECT_TRUE(filter.wants(flow(1, "10.0.0.1", "b.example").record));
  EXPECT_TRUE(filter.wants(flow(1, "10.0.0.1", "a.b.example").record));
  EXPECT_FALSE(filter.wants(flow(1, "10.0.0.1", "ab.example").record));
  EXPECT_FALSE(filter.wants(flow(1, "10.0.0.1", "").record));
}

TEST(Flows, ATakenFlowIsGone) {
  Flows flows;
  flows.insert(flow(7, "10.0.0.1", "x"));
  ASSERT_TRUE(flows.take(7));
  EXPECT_FALSE(flows.take(7));
  EXPECT_FALSE(flows.update(7, [](Live&) { FAIL(); }));
  EXPECT_EQ(flows.size(), 0u);
}

TEST(Flows, ManyThreadsLoseNothing) {
  Flows flows;
  std::vector<std::thread> threads;
  for (unsigned worker = 0; worker < 4; ++worker) {
    threads.emplace_back([&flows, worker] {
      FlowIds ids(worker, WallTime(1s));
      for (int i = 0; i < 5000; ++i) {
        FlowId id = ids.next();
        flows.insert(flow(id, "10.0.0.1", "x"));
        if (i % 2) flows.take(id);
        if (i % 1000 == 0) flows.list({}, Monotonic(0s));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(flows.size(), 4u * 2500);
}

TEST(FlowIds, NeverMeetThoseOfTheKernelNorOfAnotherWorkerNorOfTheRunBefore) {
  FlowIds first(0, WallTime(1741605605s)), second(1, WallTime(1741605605s)), last(63, WallTime(1741605605s));
  FlowIds restarted(0, WallTime(1741605606s));
  FlowId a = first.next(), b = second.next(), c = last.next();
  EXPECT_NE(a & made_by_daemon, 0u);
  EXPECT_NE(c & made_by_daemon, 0u);
  EXPECT_NE(a, b);
  EXPECT_NE(b, c);
  EXPECT_EQ(first.next(), a + 1);
  EXPECT_EQ(restarted.next(), a + 1000000);  // room for a million a second
}

TEST(Filter, FindsADeviceByItsHardwareAddressAndItsName) {
  Record record;
  record.flow.mac = Mac::parse("02:00:5e:10:00:01");
  record.client_name = "tablet-1";
  EXPECT_TRUE((Filter{.mac = record.flow.mac}.wants(record)));
  EXPECT_FALSE((Filter{.mac = Mac::parse("02:00:5e:10:00:02")}.wants(record)));
  EXPECT_TRUE((Filter{.client_names = {"tablet", "tablet-1"}}.wants(record)));
  EXPECT_FALSE((Filter{.client_names = {"tablet-2"}}.wants(record)));
  EXPECT_FALSE((Filter{.mac = record.flow.mac}.wants(Record())));
}

}  // namespace
}  // namespace weir::account
