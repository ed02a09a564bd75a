// The resolver against a DNS server on the loopback.
#include "resolve/resolver.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <optional>

#include "../io/harness.h"
#include "name_server.h"

namespace weir::resolve::test {
namespace {

using namespace std::chrono_literals;
using io::Loop;
using io::Task;
using io::TaskGroup;

/// The server answers at once or never: only a test that wants silence makes it short.
Options asking(const NameServer& server) { return {.servers = {server.at()}, .timeout = 20s, .tries = 1}; }
Options impatient(const NameServer& server) { return {.servers = {server.at()}, .timeout = 150ms, .tries = 2}; }

void set_both(NameServer& server, const std::string& name, How how = How::answers) {
  server.set(name, ns_t_a, {.addresses = {"192.0.2.1"}, .how = how});
  server.set(name, ns_t_aaaa, {.addresses = {"2001:db8::1"}, .how = how});
}

const std::vector<Address> both = {*Address::parse("192.0.2.1"), *Address::parse("2001:db8::1")};

Task<void> ask(Resolver& resolver, std::string name, std::optional<Result<Answer>>& outcome) {
  outcome = co_await resolver.addresses(name);
}

void expect_failure(const Result<Answer>& answer, Errc why) {
  EXPECT_EQ(answer ? "an answer" : name(answer.error().code), name(why));
}

void expect_both(const Result<Answer>& answer) { EXPECT_EQ(answer ? answer->addresses : std::vector<Address>(), both); }

Duration ttl(const Result<Answer>& answer) { return answer ? answer->ttl : Duration(-1); }

TEST(Resolver, AnswersWithBothFamiliesAndKeepsThem) {
  NameServer server;
  set_both(server, "www.example");
  io::test::run([&](Loop& loop) -> Task<void> {
    Resolver resolver(loop, asking(server));
    const Result<Answer> first = co_await resolver.addresses("WWW.Example.:80");
    expect_both(first);
    EXPECT_EQ(ttl(first), 300s);
    const Result<Answer> again = co_await resolver.addresses("www.example");
    expect_both(again);
    EXPECT_LE(ttl(again), 300s);
    EXPECT_EQ(server.asked("www.example"), 2);
    EXPECT_EQ(resolver.pending(), 0U);
    EXPECT_EQ(resolver.known(), 1U);
  });
}

TEST(Resolver, FollowsAliases) {
  NameServer server;
  server.set("www.example", ns_t_a, {.addresses = {"192.0.2.1"}, .alias = "edge.example", .alias_ttl = 60});
  io::test::run([&](Loop& loop) -> Task<void> {
    Resolver resolver(loop, asking(server));
    const Result<Answer> answer = co_await resolver.addresses("www.example");
    EXPECT_TRUE(answer && answer->addresses == std::vector{both[0]});
    EXPECT_EQ(ttl(answer), 60s);
  });
}

TEST(Resolver, KeepsAnAnswerForItsTtlWithinBounds) {
  NameServer server;
  server.set("short.example", ns_t_a, {.addresses = {"192.0.2.1"}, .ttl = 0});
  server.set("long.example", ns_t_a, {.addresses = {"192.0.2.1"}, .ttl = 604800});
  io::test::run([&](Loop& loop) -> Task<void> {
    Resolver resolver(loop, asking(server));
    const Result<Answer> brief = co_await resolver.addresses("short.example");
    EXPECT_EQ(ttl(brief), Options{}.shortest);
    const Result<Answer> lasting = co_await resolver.addresses("long.example");
    EXPECT_EQ(ttl(lasting), Options{}.longest);
  });
}

TEST(Resolver, AsksAgainForWhatIsOverItsTime) {
  NameServer server;
  set_both(server, "www.example");
  io::test::run([&](Loop& loop) -> Task<void> {
    Options options = asking(server);
    options.shortest = options.longest = 0s;
    Resolver resolver(loop, options);
    expect_both(co_await resolver.addresses("www.example"));
    expect_both(co_await resolver.addresses("www.example"));
    EXPECT_EQ(server.asked("www.example"), 4);
  });
}

TEST(Resolver, KeepsThatANameIsUnknown) {
  NameServer server;
  server.set("empty.example", ns_t_a, {});
  server.set("empty.example", ns_t_aaaa, {});
  io::test::run([&](Loop& loop) -> Task<void> {
    Resolver resolver(loop, asking(server));
    for (int i = 0; i < 2; ++i) {
      expect_failure(co_await resolver.addresses("none.example"), Errc::name_unknown);
      expect_failure(co_await resolver.addresses("empty.example"), Errc::name_unknown);
    }
    EXPECT_EQ(server.asked("none.example"), 2);
    EXPECT_EQ(server.asked("empty.example"), 2);
  });
}

TEST(Resolver, AnswersForAddressesAndReservedNamesItself) {
  NameServer server;
  io::test::run([&](Loop& loop) -> Task<void> {
    Resolver resolver(loop, asking(server));
    const Result<Answer> four = co_await resolver.addresses("192.0.2.1:8080");
    EXPECT_TRUE(four && four->addresses == std::vector{both[0]});
    const Result<Answer> six = co_await resolver.addresses("[2001:db8::1]");
    EXPECT_TRUE(six && six->addresses == std::vector{both[1]});
    const Result<Answer> local = co_await resolver.addresses("www.localhost");
    EXPECT_TRUE(local && std::ranges::all_of(local->addresses, &Address::is_loopback));
    for (const char* name : {"www.invalid", "www.onion", "not a name", ""}) {
      expect_failure(co_await resolver.addresses(name), Errc::name_unknown);
    }
    EXPECT_TRUE(server.ports().empty());
  });
}

TEST(Resolver, AskersForOneNameShareOneQuery) {
  NameServer server;
  set_both(server, "www.example", How::waits);
  io::test::run([&](Loop& loop) -> Task<void> {
    Resolver resolver(loop, asking(server));
    std::array<std::optional<Result<Answer>>, 3> outcomes;
    TaskGroup group(loop);
    for (auto& outcome : outcomes) group.spawn(ask(resolver, "www.example", outcome));
    EXPECT_EQ(resolver.pending(), 1U);
    server.release();
    co_await group.join();
    for (const auto& outcome : outcomes) expect_both(*outcome);
    EXPECT_EQ(server.asked("www.example"), 2);
  });
}

TEST(Resolver, AsksByTcpWhenTheReplyIsTooLongForUdp) {
  NameServer server;
  const std::vector<std::string> many(60, "192.0.2.1");
  server.set("www.example", ns_t_a, {.addresses = many, .how = How::truncates});
  server.set("www.example", ns_t_aaaa, {.addresses = {"2001:db8::1"}, .how = How::truncates});
  io::test::run([&](Loop& loop) -> Task<void> {
    Resolver resolver(loop, asking(server));
    const Result<Answer> answer = co_await resolver.addresses("www.example");
    EXPECT_TRUE(answer && answer->addresses.size() == 61);
    EXPECT_EQ(server.asked_by_tcp(), 2);
  });
}

// RFC 5452 §9.1: a reply is believed when it has the identity and the question that were sent.
TEST(Resolver, BelievesNoForgedReply) {
  NameServer server;
  set_both(server, "www.example", How::forges);
  io::test::run([&](Loop& loop) -> Task<void> {
    Resolver resolver(loop, asking(server));
    expect_both(co_await resolver.addresses("www.example"));
  });
}

// RFC 5452 §9.2: a port that stays the same leaves 16 bits to be guessed.
TEST(Resolver, AsksForEveryNameFromAnotherPort) {
  NameServer server;
  io::test::run([&](Loop& loop) -> Task<void> {
    Resolver resolver(loop, asking(server));
    std::array<std::optional<Result<Answer>>, 8> outcomes;
    TaskGroup group(loop);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      group.spawn(ask(resolver, "www" + std::to_string(i) + ".example", outcomes[i]));
    }
    co_await group.join();
    std::vector<std::uint16_t> ports = server.ports();
    std::ranges::sort(ports);
    EXPECT_EQ(std::ranges::distance(ports.begin(), std::ranges::unique(ports).begin()), 8);
  });
}

TEST(Resolver, TriesASilentServerAgainAndThenGivesUpForAWhile) {
  NameServer server;
  set_both(server, "www.example", How::silent);
  io::test::run([&](Loop& loop) -> Task<void> {
    Resolver resolver(loop, impatient(server));
    expect_failure(co_await resolver.addresses("www.example"), Errc::resolver_timeout);
    EXPECT_EQ(server.asked("www.example"), 4);
    expect_failure(co_await resolver.addresses("www.example"), Errc::resolver_timeout);
    EXPECT_EQ(server.asked("www.example"), 4);
  });
}

TEST(Resolver, TakesTheNextServerWhenOneIsSilentOrInTrouble) {
  NameServer silent, troubled, well;
  set_both(silent, "www.example", How::silent);
  for (const int type : {ns_t_a, ns_t_aaaa}) troubled.set("www.example", type, {.rcode = ns_r_servfail});
  set_both(well, "www.example");
  io::test::run([&](Loop& loop) -> Task<void> {
    Options options = impatient(silent);
    options.servers = {silent.at(), troubled.at(), well.at()};
    Resolver resolver(loop, options);
    expect_both(co_await resolver.addresses("www.example"));
    EXPECT_EQ(troubled.asked("www.example"), 2);
  });
}

TEST(Resolver, TellsServersInTroubleFromUnknownNames) {
  NameServer server;
  for (const int type : {ns_t_a, ns_t_aaaa}) server.set("www.example", type, {.rcode = ns_r_servfail});
  io::test::run([&](Loop& loop) -> Task<void> {
    Resolver resolver(loop, asking(server));
    expect_failure(co_await resolver.addresses("www.example"), Errc::resolver_failed);
  });
  Endpoint nobody;
  { nobody = NameServer().at(); }
  io::test::run([&](Loop& loop) -> Task<void> {
    Resolver resolver(loop, {.servers = {nobody}});
    expect_failure(co_await resolver.addresses("www.example"), Errc::resolver_failed);
  });
}

TEST(Resolver, TakesOneFamilyWhenTheOtherFailsButNotForLong) {
  NameServer server;
  server.set("www.example", ns_t_a, {.addresses = {"192.0.2.1"}});
  server.set("www.example", ns_t_aaaa, {.how = How::silent});
  io::test::run([&](Loop& loop) -> Task<void> {
    Resolver resolver(loop, impatient(server));
    const Result<Answer> half = co_await resolver.addresses("www.example");
    EXPECT_TRUE(half && half->addresses == std::vector{both[0]});
    EXPECT_EQ(ttl(half), Options{}.negative);
    Options options = impatient(server);
    options.one_family_is_enough = false;
    Resolver strict(loop, options);
    expect_failure(co_await strict.addresses("www.example"), Errc::resolver_timeout);
  });
}

TEST(Resolver, ReadsTheServersAnewWhenTheirFileHasChanged) {
  NameServer before;
  NameServer after("127.0.0.2", before.at().port);
  set_both(before, "old.example");
  set_both(after, "new.example");
  const std::string path = testing::TempDir() + "resolv.conf";
  const auto name_server = [&](const char* address) { std::ofstream(path) << "nameserver " << address << "\n"; };
  io::test::run([&](Loop& loop) -> Task<void> {
    Resolver resolver(loop, {.resolv_conf = path, .port = before.at().port, .timeout = 20s, .tries = 1});
    name_server("127.0.0.1");
    expect_both(co_await resolver.addresses("old.example"));
    name_server("127.0.0.2");
    expect_both(co_await resolver.addresses("new.example"));
  });
  std::remove(path.c_str());
}

// Whoever asks for made-up names must not fill the memory.
TEST(Resolver, HoldsABoundedNumberOfNames) {
  NameServer server;
  for (const char* name : {"a.example", "b.example", "c.example"}) set_both(server, name);
  io::test::run([&](Loop& loop) -> Task<void> {
    Options options = asking(server);
    options.names = 2;
    Resolver resolver(loop, options);
    for (const char* name : {"a.example", "b.example", "c.example", "a.example", "c.example"}) {
      expect_both(co_await resolver.addresses(name));
      EXPECT_LE(resolver.known(), 2U);
    }
    EXPECT_EQ(server.asked("a.example"), 4);
    EXPECT_EQ(server.asked("c.example"), 2);
  });
}

TEST(Resolver, RefusesToAskForTooManyNamesAtOnce) {
  NameServer server;
  for (const char* name : {"a.example", "b.example"}) set_both(server, name, How::waits);
  io::test::run([&](Loop& loop) -> Task<void> {
    Options options = asking(server);
    options.pending = 2;
    Resolver resolver(loop, options);
    std::optional<Result<Answer>> a, b, c, again;
    TaskGroup group(loop);
    group.spawn(ask(resolver, "a.example", a));
    group.spawn(ask(resolver, "b.example", b));
    group.spawn(ask(resolver, "c.example", c));
    group.spawn(ask(resolver, "a.example", again));
    EXPECT_TRUE(c.has_value());
    if (c) expect_failure(*c, Errc::too_many);
    server.release();
    co_await group.join();
    for (const auto* outcome : {&a, &b, &again}) expect_both(**outcome);
    expect_failure(co_await resolver.addresses("c.example"), Errc::name_unknown);
  });
}

TEST(Resolver, AQueryOutlivesTheAskerThatBeganIt) {
  NameServer server;
  set_both(server, "www.example", How::waits);
  io::test::run([&](Loop& loop) -> Task<void> {
    Resolver resolver(loop, asking(server));
    std::optional<Result<Answer>> first, second;
    TaskGroup early(loop), late(loop);
    early.spawn(ask(resolver, "www.example", first));
    late.spawn(ask(resolver, "www.example", second));
    early.stop();
    co_await early.join();
    expect_failure(*first, Errc::stopped);
    server.release();
    co_await late.join();
    expect_both(*second);
    EXPECT_EQ(server.asked("www.example"), 2);
  });
}

TEST(Resolver, ItsEndTellsEveryoneWhoWaits) {
  NameServer server;
  for (const char* name : {"a.example", "b.example"}) set_both(server, name, How::silent);
  io::test::run([&](Loop& loop) -> Task<void> {
    auto resolver = std::make_unique<Resolver>(loop, asking(server));
    std::array<std::optional<Result<Answer>>, 3> outcomes;
    TaskGroup group(loop);
    group.spawn(ask(*resolver, "a.example", outcomes[0]));
    group.spawn(ask(*resolver, "a.example", outcomes[1]));
    group.spawn(ask(*resolver, "b.example", outcomes[2]));
    EXPECT_EQ(resolver->pending(), 2U);
    resolver.reset();
    co_await group.join();
    EXPECT_EQ(loop.root().size(), 1U) << "only this test runs still";
    for (const auto& outcome : outcomes) expect_failure(*outcome, Errc::stopped);
  });
}

TEST(Resolver, TheEndOfTheLoopIsNotKeptAsAnAnswer) {
  NameServer server;
  set_both(server, "www.example", How::silent);
  Loop loop;
  Resolver resolver(loop, asking(server));
  std::optional<Result<Answer>> outcome;
  loop.spawn(ask(resolver, "www.example", outcome));
  loop.stop();
  loop.run();
  expect_failure(*outcome, Errc::stopped);
  EXPECT_EQ(resolver.pending(), 0U);
  EXPECT_EQ(resolver.known(), 0U);
}

}  // namespace
}  // namespace weir::resolve::test
