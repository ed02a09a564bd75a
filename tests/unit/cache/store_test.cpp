// The index: what is found under which key, what goes first, and what a ceiling means.

#include "cache/store.h"

#include <array>
#include <thread>

#include "cache/vary.h"
#include "written.h"

namespace weir::cache {
namespace {

using namespace std::chrono_literals;

const WallTime now{std::chrono::sys_days(std::chrono::year(2025) / 3 / 10) + 11h};
const Address here = *Address::parse("192.0.2.1"), there = *Address::parse("192.0.2.2");

class Stored : public testing::Test {
 protected:
  explicit Stored(std::uint64_t ceiling = 4 << 20) : store(ceiling), empty(store.used()) {}

  Key key(std::string_view target, const Address& address = here) {
    return {.host = "a.example", .target = target, .address = address};
  }
  std::shared_ptr<Entry> make(const Key& key, std::size_t size = 0, std::string_view lines = {},
                              std::string_view asking = {}) {
    auto body = std::make_shared<Body>(store);
    for (std::size_t left = size; left > 0;) {
      const MutableBytes room = body->room(left);
      if (room.empty()) return nullptr;
      body->add(room.size(), loop);
      left -= room.size();
    }
    body->finish("", loop);
    const auto head = response("Cache-Control: max-age=60\n" + std::string(lines));
    const std::string names = *nominated(head->head.fields);
    return Entry::make(store, OwnedKey(key), {names, selected(names, request(asking)->head.fields)},
                       StoredHead::of(head->head, now), *may_store(head->head, {}, now, now), std::move(body));
  }
  bool put(const Key& key, std::size_t size = 0, std::string_view lines = {}, std::string_view asking = {}) {
    const auto epoch = store.find(key, {}, now).epoch;
    auto entry = make(key, size, lines, asking);
    return entry && store.put(std::move(entry), epoch);
  }
  std::shared_ptr<Entry> find(const Key& key, std::string_view asking = {}) {
    return store.find(key, request(asking)->head.fields, now).entry;
  }

  io::Loop loop;
  Store store;
  const std::uint64_t empty;
};

TEST_F(Stored, IsFoundUnderItsKeyOnly) {
  ASSERT_TRUE(put(key("/a")));
  EXPECT_TRUE(find(key("/a")));
  EXPECT_FALSE(find(key("/b")));
  EXPECT_FALSE(find(key("/a", there))) << "another address is another origin until the host is known to own both";
  Key other = key("/a");
  other.host = "b.example";
  EXPECT_FALSE(find(other));
  other = key("/a");
  other.port = 8080;
  EXPECT_FALSE(find(other));
  other = key("/a");
  other.dialled = 8080;
  EXPECT_FALSE(find(other));
}

// RFC 9111 §4.1.
TEST_F(Stored, HasOneResponseForEachVariant) {
  ASSERT_TRUE(put(key("/a"), 1, "Vary: Foo\n", "Foo: 1\n"));
  ASSERT_TRUE(put(key("/a"), 2, "Vary: Foo\n", "Foo: 2\n"));
  ASSERT_TRUE(put(key("/a"), 3, "Vary: Foo\n", "Foo: 2\n"));
  EXPECT_EQ(store.entries(), 2u);
  EXPECT_EQ(find(key("/a"), "Foo: 1\n")->body()->size(), 1u);
  EXPECT_EQ(find(key("/a"), "Foo: 2\n")->body()->size(), 3u);
  EXPECT_FALSE(find(key("/a"), "Foo: 3\n"));
  for (int i = 0; i < 100; ++i) put(key("/a"), 1, "Vary: Foo\n", "Foo: x" + std::to_string(i) + "\n");
  EXPECT_EQ(store.entries(), Shard::most_variants);
}

TEST_F(Stored, IsForgottenByTargetByHostAndAltogether) {
  for (const char* target : {"/a", "/b", "/c?d"}) put(key(target));
  Key other = key("/a");
  other.host = "b.example";
  put(other);
  put(key("/a", Address{}));
  EXPECT_EQ(store.invalidate(key("/a")).count, 2u) << "under both keys of the host";
  EXPECT_FALSE(find(key("/a")));
  EXPECT_EQ(store.purge("a.example", "/c?d").count, 1u);
  EXPECT_EQ(store.purge("a.example", {}).count, 1u);
  EXPECT_TRUE(find(other));
  EXPECT_EQ(store.purge_all().count, 1u);
  EXPECT_EQ(store.entries(), 0u);
  EXPECT_EQ(store.used(), empty) << "all of it is given back";
}

// RFC 9111 §4.4: what was asked for before a change must not be stored after it.
TEST_F(Stored, IsNotWhatWasAskedForBeforeItWasForgotten) {
  const auto epoch = store.find(key("/a"), {}, now).epoch;
  store.invalidate(key("/a"));
  EXPECT_FALSE(store.put(make(key("/a")), epoch));
  const auto later = store.find(key("/b"), {}, now).epoch;
  store.purge_all();
  EXPECT_FALSE(store.put(make(key("/b")), later));
  EXPECT_TRUE(put(key("/a")));
}

TEST_F(Stored, GivesWayInItsUsersHandsOnlyWhenTheyAreDone) {
  put(key("/read"), 1 << 20);
  const auto reading = find(key("/read"));
  for (int i = 0; i < 40; ++i) put(key("/" + std::to_string(i)), 200 << 10);
  EXPECT_TRUE(find(key("/read")));
  EXPECT_LE(store.used(), store.ceiling());
}

// A scan must not wash out what is asked for again and again.
TEST_F(Stored, SurvivesAScanIfItIsUsed) {
  std::vector<std::string> hot;
  for (int i = 0; i < 20; ++i) hot.push_back("/hot" + std::to_string(i));
  for (const auto& target : hot) {
    put(key(target), 20 << 10);
    find(key(target));
  }
  for (int i = 0; i < 2000; ++i) {
    put(key("/scan" + std::to_string(i)), 20 << 10);
    if (i % 50 == 0)
      for (const auto& target : hot) find(key(target));
  }
  int left = 0;
  for (const auto& target : hot) left += find(key(target)) != nullptr;
  EXPECT_GE(left, 18);
}

// Not even for a moment, with all threads at it.
TEST_F(Stored, NeverPassesTheCeiling) {
  std::atomic<bool> done{false};
  std::atomic<std::uint64_t> most{0};
  std::thread watching([&] {
    while (!done) most = std::max(most.load(), store.used());
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 300; ++i) {
        const std::string target = "/" + std::to_string(t) + "/" + std::to_string(i);
        put(key(target), static_cast<std::size_t>(i) << 8);
        find(key("/" + std::to_string((t + 1) % 3) + "/" + std::to_string(i)));
        if (i % 50 == 0) store.invalidate(key(target));
        store.top(3);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  done = true;
  watching.join();
  EXPECT_LE(most, store.ceiling());
  EXPECT_GT(store.used(), store.ceiling() / 2) << "or there was nothing to hold";
  store.purge_all();
  EXPECT_EQ(store.used(), empty);
}

TEST_F(Stored, ShrinksAndGoesWithTheCeiling) {
  for (int i = 0; i < 30; ++i) put(key("/" + std::to_string(i)), 100 << 10);
  store.resize(2 << 20);
  EXPECT_LE(store.used(), std::uint64_t{2} << 20);
  EXPECT_GT(store.entries(), 5u);
  store.resize(0);
  EXPECT_FALSE(store.on());
  EXPECT_EQ(store.used(), 0u);
  EXPECT_FALSE(put(key("/x"), 10));
  store.resize(4 << 20);
  EXPECT_TRUE(put(key("/x"), 10));
}

TEST_F(Stored, TellsWhatDeliveredMost) {
  put(key("/a?secret"), 100);
  put(key("/b"), 200);
  put(key("/never"), 200);
  find(key("/a?secret"))->delivered(1000);
  find(key("/b"))->delivered(700);
  find(key("/b"))->delivered(700);
  const auto top = store.top(2);
  ASSERT_EQ(top.size(), 2u);
  EXPECT_EQ(top[0].url, "http://a.example/b");
  EXPECT_EQ(top[0].octets, 1400u);
  EXPECT_EQ(top[0].uses, 2u);
  EXPECT_EQ(top[0].size, 200u);
  EXPECT_EQ(top[1].url, "http://a.example/a");
}

// A key that cannot be stored is remembered for a while; once something is stored under it, no more.
TEST_F(Stored, RemembersWhatCannotBe) {
  EXPECT_FALSE(store.find(key("/a"), {}, now).marked);
  const auto joined = store.join(key("/a"));
  EXPECT_TRUE(joined.mine);
  EXPECT_FALSE(store.join(key("/a")).mine);
  store.leave(joined, true, now);
  EXPECT_TRUE(store.find(key("/a"), {}, now).marked);
  EXPECT_FALSE(store.find(key("/a"), {}, now + Shard::mark_life).marked);
  EXPECT_FALSE(store.find(key("/b"), {}, now).marked);
  put(key("/a"));
  EXPECT_FALSE(store.find(key("/a"), {}, now).marked);
}

TEST_F(Stored, AHostThatIsTheAddressOwnsIt) {
  EXPECT_EQ(store.resolved({.host = "192.0.2.1", .address = here}, now).key.address, Address{});
  EXPECT_EQ(store.resolved({.host = "192.0.2.1", .address = there}, now).key.address, there);
}

// Answers that name only some of many addresses are the rule: one counts for an hour, whatever its TTL is.
TEST_F(Stored, AHostOwnsAnAddressForAnHourAfterAnAnswerNamedIt) {
  EXPECT_EQ(store.resolved(key("/a"), now).key.address, here);
  store.verified().learn("a.example", std::array{here}, 60s, now);
  EXPECT_EQ(store.resolved(key("/a"), now).key.address, Address{});
  EXPECT_EQ(store.resolved(key("/a", there), now).key.address, there);
  EXPECT_EQ(store.resolved(key("/a"), now + 1h - 1s).key.address, Address{});
  EXPECT_EQ(store.resolved(key("/a"), now + 1h).key.address, here);
}

// Each response of a busy host would ask the resolver otherwise, and one that is used for ever would be lost each hour.
TEST_F(Stored, OneAskerInAWhileIsToldThatAnAnswerIsOld) {
  store.verified().learn("a.example", std::array{here}, 60s, now);
  EXPECT_FALSE(store.resolved(key("/a"), now + 59s).due);
  EXPECT_TRUE(store.resolved(key("/a"), now + 60s).due);
  EXPECT_FALSE(store.resolved(key("/a"), now + 61s).due);
  EXPECT_TRUE(store.resolved(key("/a"), now + 60s + Verified::pause).due);
  store.verified().learn("a.example", std::array{here}, 1s, now + 100s);
  EXPECT_FALSE(store.resolved(key("/a"), now + 101s).due);  // a TTL that is too short to be asked for all the time
}

TEST_F(Stored, APromotedResponseAnswersAtEveryAddressOfItsHost) {
  ASSERT_TRUE(put(key("/a")));
  const auto entry = find(key("/a"));
  entry->delivered(7);
  store.promote(entry);
  EXPECT_EQ(find(key("/a")), nullptr);
  const auto found = find(key("/a", {}));
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->body(), entry->body());
  EXPECT_EQ(found->octets_out, 7U);
  EXPECT_EQ(store.entries(), 1U);
}

// It may be older than what stands there.
TEST_F(Stored, APromotedResponseGivesWayToOneThatIsThereAlready) {
  ASSERT_TRUE(put(key("/a", {})) && put(key("/a")));
  const auto there_first = find(key("/a", {})), entry = find(key("/a"));
  store.promote(entry);
  EXPECT_EQ(find(key("/a", {})), there_first);
  EXPECT_EQ(find(key("/a")), entry);
}

TEST_F(Stored, WhatIsForgottenIsNotPromoted) {
  ASSERT_TRUE(put(key("/a")));
  const auto entry = find(key("/a"));
  store.invalidate(key("/a"));
  store.promote(entry);
  EXPECT_EQ(store.entries(), 0U);
}

}  // namespace
}  // namespace weir::cache
