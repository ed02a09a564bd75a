// The first bytes of a watched connection: what the parser understands, and that what it does not understand never
// passes.  Takeovers themselves need a wire (handover_test.cpp): under TEST_RUN the kernel refuses them, and a closed
// gateway then drops the segment and keeps the cell that it came to.
#include <random>
#include <span>

#include "base/name.h"
#include "inspect/look.h"
#include "lab.h"

namespace weir::test {
namespace {

class FirstBytes : public Lab {
 protected:
  void SetUp() override {
    Lab::SetUp();
    closed();
  }

  /// One watched connection after another, put straight into the map; true if these first bytes pass.
  bool passes(const Octets& bytes, const Flow& flow = tls4()) {
    weir_held held{.state = WEIR_HELD_synack,
                   .row = 1,
                   .policy = 1,
                   .client = {.isn = 1000},
                   .origin = {.isn = 5000, .mss = 1460}};
    put_held(flow, held);
    const auto key = steer::key_of(flow);
    bpf_map_delete_elem(map("passed"), &key);
    const Outcome outcome = run(lan_in, first(flow, bytes));
    EXPECT_EQ(outcome.verdict == next, kernel().passed(flow).has_value());
    if (outcome.verdict == next) {
      EXPECT_EQ(outcome, (Outcome{next, passed_mark, {WEIR_WIRE_passed_hello}}));
      return true;
    }
    EXPECT_EQ(outcome, (Outcome{dropped, 0, {WEIR_WIRE_takeover_failed, WEIR_WIRE_refused_closed}}));
    return false;
  }
  std::uint8_t cell() { return kernel().held(tls4())->cell; }

  /// Everything passes but "blocked.example" and what is below.
  void commit_block_list() {
    auto changed = plan(hasher());
    changed.cells[3] = WEIR_CELL_pass;
    ASSERT_TRUE(kernel().commit(changed));
  }
};

TEST_F(FirstBytes, WithAnAllowedNamePassAndAreAnnouncedWithIt) {
  for (const Flow& flow : {tls4(), tls6()}) {
    begin(flow);
    events();
    EXPECT_EQ(run(lan_in, first(flow, hello("Allowed.Example"))),
              (Outcome{next, passed_mark, {WEIR_WIRE_passed_hello}}));
    const auto heard = events();
    ASSERT_EQ(heard.size(), 1U);
    EXPECT_EQ(heard[0].type, WEIR_EVENT_passed);
    EXPECT_EQ(heard[0].reason, WEIR_WIRE_passed_hello);
    EXPECT_EQ(heard[0].row, 1);
    EXPECT_EQ(heard[0].policy, 1U);
    EXPECT_EQ(std::string_view(heard[0].name, heard[0].name_length), "Allowed.Example");
    EXPECT_EQ(heard[0].id, kernel().passed(flow)->id);
  }
}

TEST_F(FirstBytes, WithABlockedNameOrOneBelowAreTakenToBlock) {
  for (const char* name : {"blocked.example", "www.blocked.example", "a.b.c.BLOCKED.example", "blocked.example."}) {
    EXPECT_FALSE(passes(hello(name))) << name;
    EXPECT_EQ(cell(), WEIR_CELL_block) << name;
  }
}

TEST_F(FirstBytes, WithAnyOtherNameEscalate) {
  for (const char* name :
       {"other.example", "example", "notblocked.example", "www.allowed.example", "blocked.example.net"}) {
    EXPECT_FALSE(passes(hello(name))) << name;
    EXPECT_EQ(cell(), WEIR_CELL_escalate) << name;
  }
}

TEST_F(FirstBytes, WithoutANameAreJudgedAsUnnamed) {
  EXPECT_TRUE(passes(ClientHello().extension(43, {2, 3, 4}).record()));
  EXPECT_TRUE(passes(ClientHello().record())) << "no extensions at all (RFC 5246 §7.4.1.2)";
}

TEST_F(FirstBytes, MayHaveTheNameAtAnyPlaceAmongTheExtensions) {
  for (int place = 0; place <= 20; ++place) {
    ClientHello before;
    for (int i = 0; i < place; ++i)
      before.extension(static_cast<std::uint16_t>(100 + i), Octets(static_cast<std::size_t>(i * 3), 9));
    before.named("allowed.example");
    for (int i = place; i < 20; ++i) before.extension(static_cast<std::uint16_t>(100 + i), {});
    EXPECT_TRUE(passes(before.record())) << place;
  }
}

TEST_F(FirstBytes, MayBeMadeOfManyExtensionsUpTo128) {
  ClientHello many("allowed.example");
  for (std::uint16_t i = 1; i < 128; ++i) many.extension(static_cast<std::uint16_t>(1000 + i), {});
  EXPECT_TRUE(passes(many.record()));
  many.extension(2000, {});
  EXPECT_FALSE(passes(many.record()));
}

TEST_F(FirstBytes, AreReadWhateverTheSessionAndCiphersTake) {
  for (std::size_t session : {0, 1, 31, 32, 255})
    for (std::size_t ciphers : {1, 17, 200}) {
      EXPECT_TRUE(passes(ClientHello("allowed.example").session(session).ciphers(ciphers).record()));
      EXPECT_FALSE(passes(ClientHello("blocked.example").session(session).ciphers(ciphers).record()));
    }
}

TEST_F(FirstBytes, MayBeFollowedByMoreInTheSameSegment) {
  Octets bytes = hello("allowed.example");
  put(bytes, Octets{20, 3, 3, 0, 1, 1});
  EXPECT_TRUE(passes(bytes));
}

TEST_F(FirstBytes, CutAtAnyLengthNeverPass) {
  commit_block_list();
  for (const char* name : {"blocked.example", "allowed.example"}) {
    const Octets whole = hello(name);
    for (std::size_t length = 1; length < whole.size(); ++length) {
      // what an earlier, longer hello left in the parser's memory must not complete this one
      if (length % 16 == 1) {
        EXPECT_TRUE(passes(hello("allowed.example")));
      }
      EXPECT_FALSE(passes(Octets(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)))) << length;
    }
  }
}

// Whoever reads the same bytes in user space must not find the blocked name in what passed here.
TEST_F(FirstBytes, ChangedInAnyByteNeverPassWithANameThatIsBlocked) {
  commit_block_list();
  const Octets whole = hello("www.blocked.example");
  unsigned passed = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int value : {0, 1, 2, 3, 5, 0x16, 0x20, 0x2e, 0x7f, 0x80, 0xff, whole[at] ^ 1, whole[at] ^ 0x20, whole[at] + 1,
                      whole[at] - 1}) {
      Octets bytes = whole;
      bytes[at] = static_cast<std::uint8_t>(value);
      if (!passes(bytes)) continue;
      ++passed;
      const auto found = inspect::Look()(std::as_bytes(std::span(bytes)));
      EXPECT_EQ(found.kind, inspect::Finding::Kind::tls) << "byte " << at << " = " << value << ": " << found.why;
      EXPECT_FALSE(within(found.hello.server_name, "blocked.example")) << "byte " << at << " = " << value;
    }
  }
  EXPECT_GT(passed, 50U) << "bytes of the name itself make other names";
}

TEST_F(FirstBytes, WithTwoNamesOrABrokenListOfThemNeverPass) {
  commit_block_list();
  const auto with = [](const Octets& body) { return ClientHello().extension(0, body).record(); };
  EXPECT_FALSE(passes(ClientHello("allowed.example").named("blocked.example").record()));
  EXPECT_FALSE(passes(ClientHello("blocked.example").named("allowed.example").record()));
  Octets two = ClientHello::server_name("allowed.example");
  const Octets second = ClientHello::server_name("blocked.example");
  two.insert(two.end(), second.begin() + 2, second.end());
  EXPECT_FALSE(passes(with(two))) << "a second entry behind the list";
  two[1] = static_cast<std::uint8_t>(two.size() - 2);
  EXPECT_FALSE(passes(with(two))) << "two entries in the list";
  Octets other = ClientHello::server_name("allowed.example");
  other[2] = 1;
  EXPECT_FALSE(passes(with(other))) << "a name of another type";
  EXPECT_FALSE(passes(with({}))) << "no list";
  EXPECT_FALSE(passes(with({0, 0}))) << "an empty list";
  EXPECT_FALSE(passes(with({0, 3, 0, 0, 0}))) << "an empty name";
}

TEST_F(FirstBytes, InOtherThanOneWholeRecordNeverPass) {
  commit_block_list();
  const Octets whole = hello("allowed.example");
  Octets bytes = whole;
  bytes[0] = 23;
  EXPECT_FALSE(passes(bytes)) << "application data";
  bytes = whole;
  bytes[5] = 2;
  EXPECT_FALSE(passes(bytes)) << "a ServerHello";
  Octets split(whole.begin(), whole.begin() + 60);
  split[3] = 0;
  split[4] = 55;
  put(split, Octets{22, 3, 1, 0, static_cast<std::uint8_t>(whole.size() - 60)});
  split.insert(split.end(), whole.begin() + 60, whole.end());
  EXPECT_FALSE(passes(split)) << "one hello in two records (RFC 8446 §5.1)";
  Octets padded = whole;
  padded.push_back(0);
  padded[4] = static_cast<std::uint8_t>(padded[4] + 1);
  EXPECT_FALSE(passes(padded)) << "a record longer than its hello";
  EXPECT_FALSE(passes({0x80, 0x2e, 1, 3, 1, 0, 0x15})) << "SSL 2";
  EXPECT_FALSE(passes(Octets{'G', 'E', 'T', ' ', '/'}));
  EXPECT_FALSE(passes(Octets(3000, 0)));
}

// The longest hello that one TEST_RUN frame holds; 4,096 bytes and more are sent in handover_test.cpp.
TEST_F(FirstBytes, PaddedToTheEndOfAFrameAreStillRead) {
  for (std::size_t size : {517, 1400, 1401, 2048, 2049, 3000, 3500}) {
    EXPECT_TRUE(passes(ClientHello("allowed.example").padded_to(size).record())) << size;
    EXPECT_TRUE(passes(ClientHello().padded_to(size - 30).named("allowed.example").record())) << size;
    EXPECT_FALSE(passes(ClientHello().padded_to(size - 30).named("blocked.example").record())) << size;
    EXPECT_EQ(cell(), WEIR_CELL_block);
  }
}

// RFC 1035 §2.3.4: 63 bytes a label, 253 a name in text.
TEST_F(FirstBytes, NamesOfEveryLengthAreReadAsTheNormaliserReadsThem) {
  for (std::size_t length : {1, 62, 63, 64, 65, 127, 251, 252, 253, 254, 255, 256, 300}) {
    std::string name;
    while (name.size() < length) name += name.size() % 64 == 63 ? '.' : 'a';
    for (const std::string& sent : {name, name + '.'}) {
      auto changed = plan(hasher());
      const auto normal = normalise_name(sent);
      if (normal) changed.names.push_back({hasher()(*normal), {2, 0}});
      ASSERT_TRUE(kernel().commit(changed));
      EXPECT_EQ(passes(hello(sent)), normal.has_value()) << sent.size();
    }
  }
}

// The class that the programs find is the one of the normalised name's hash; what is no name has none.
TEST_F(FirstBytes, NamesOfAnyBytesAreNormalisedAndHashedAsInUserSpace) {
  std::mt19937 random(1);
  const std::string_view often = "abcXYZ019-_.";
  constexpr std::string_view odd("\0 :[]/%*\x80\xff@", 11);
  for (int policy = 0; policy < 20; ++policy) {
    auto changed = plan(hasher());
    changed.names.clear();
    std::vector<std::string> names;
    for (int n = 0; n < 50; ++n) {
      std::string name;
      for (auto length = 1 + random() % 24; length > 0; --length)
        name += random() % 40 == 0 ? odd[random() % odd.size()] : often[random() % often.size()];
      names.push_back(name);
      const auto normal = normalise_name(name);
      if (normal) changed.names.push_back({hasher()(*normal), {2, 0}});
    }
    ASSERT_TRUE(kernel().commit(changed));
    for (const std::string& name : names) {
      // user space also takes ports and brackets off; on the wire such a name is not understood and escalates
      const bool plain = name.find_first_of("[:") == name.npos && normalise_name(name);
      EXPECT_EQ(passes(hello(name)), plain) << testing::PrintToString(name);
    }
  }
}

TEST_F(FirstBytes, UnderAPolicyThatChangedSinceTheSynAreJudgedByTheNewOne) {
  begin(tls4());
  auto changed = plan(hasher(), 2);
  changed.rows[1].at_syn = WEIR_CELL_pass;
  ASSERT_TRUE(kernel().commit(changed));
  EXPECT_EQ(run(lan_in, first(tls4(), hello("blocked.example"))).counted, Reasons{WEIR_WIRE_passed_hello});
  EXPECT_EQ(kernel().passed(tls4())->policy, 2U);
}

TEST_F(FirstBytes, OfAClientExemptedSinceTheSynPass) {
  begin(tls4());
  auto changed = plan(hasher(), 2);
  changed.clients.push_back({*Prefix::parse("10.1.0.2"), WEIR_CLASS_exempt});
  ASSERT_TRUE(kernel().commit(changed));
  EXPECT_EQ(run(lan_in, first(tls4(), hello("blocked.example"))).counted, Reasons{WEIR_WIRE_passed_hello});
}

TEST_F(FirstBytes, OutsideTheTablesEscalate) {
  auto changed = plan(hasher());
  changed.names = {{hasher()("allowed.example"), {77, 77}}};
  ASSERT_TRUE(kernel().commit(changed));
  EXPECT_FALSE(passes(hello("allowed.example"))) << "a class beyond the width of the cells";
  EXPECT_EQ(cell(), WEIR_CELL_escalate);
}

TEST_F(FirstBytes, ThatCannotBeTakenOverFollowOnFailure) {
  ASSERT_TRUE(kernel().apply(settings()));  // open again
  begin(tls4());
  EXPECT_EQ(run(lan_in, first(tls4(), hello("other.example"))), (Outcome{next, 0, {WEIR_WIRE_takeover_failed}}));
  EXPECT_TRUE(kernel().passed(tls4()));
  EXPECT_FALSE(kernel().held(tls4()));
  begin(tls6());
  kernel().rest();
  EXPECT_EQ(run_as_is(lan_in, first(tls6(), hello("blocked.example")).frame()),
            (Outcome{next, 0, {WEIR_WIRE_no_daemon}}));
}

// on_failure is for what nobody could judge.
TEST_F(FirstBytes, ThatAreRefusedAndCannotBeTakenOverAreReset) {
  ASSERT_TRUE(kernel().apply(settings()));
  begin(tls4());
  const Outcome reset{next, reset_mark, {WEIR_WIRE_reset_by_policy}};
  EXPECT_EQ(run(lan_in, first(tls4(), hello("blocked.example"))), reset);
  alive(true);
  EXPECT_EQ(run_as_is(lan_in, first(tls4(), hello("blocked.example")).frame()), reset) << "the daemon is overloaded";
  EXPECT_FALSE(kernel().passed(tls4()));
}

}  // namespace
}  // namespace weir::test
