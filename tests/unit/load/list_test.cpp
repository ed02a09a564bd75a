#include "load/list.h"

#include <gtest/gtest.h>

#include "names_in.h"

namespace weir::load {
namespace {

using Names = std::vector<std::string>;
using config::Taken;
using namespace std::string_view_literals;

Names names(const ListContent& list, const std::string& category = "") { return names_in(list.sets.at(category)); }

TEST(List, ReadsPlainNames) {
  const ListContent list = read_list("a.example\n.b.example\n*.c.example\nD.Example.\n192.0.2.1\n2001:DB8::1\n");
  EXPECT_EQ(list.format, Format::plain);
  EXPECT_EQ(names(list), (Names{"a.example", ".b.example", ".c.example", "d.example", "192.0.2.1", "2001:db8::1"}));
  EXPECT_EQ(list.unreadable, 0u);
  EXPECT_EQ(list.bare, 4u) << "whether they mean what is below them as well is not said";
}

TEST(List, ReadsHostsFiles) {
  const ListContent list = read_list(
      "127.0.0.1 localhost\n"
      "::1 localhost ip6-localhost ip6-loopback\n"
      "fe80::1%lo0 localhost\n"
      "0.0.0.0 0.0.0.0\n"
      "0.0.0.0 ads.example\n"
      "127.0.0.1\tb.example  c.example\t# why\n"
      ":: d.example\n");
  EXPECT_EQ(list.format, Format::hosts);
  EXPECT_EQ(names(list), (Names{"ads.example", "b.example", "c.example", "d.example"}))
      << "the machine's own names are no part of the list";
  EXPECT_EQ(list.unreadable, 0u);
  EXPECT_EQ(list.bare, 0u) << "a hosts line speaks of the name itself";
}

TEST(List, SkipsCommentsBlanksAndForeignLineEnds) {
  const ListContent list =
      read_list("\xef\xbb\xbf# head\r\n\r\n  \t\r\n a.example \r\nb.example#note\r\n#c.example\nd.example");
  EXPECT_EQ(names(list), (Names{"a.example", "b.example", "d.example"})) << "the last line needs no end";
  EXPECT_EQ(list.unreadable, 0u);
}

TEST(List, CountsWhatItCannotReadAndRemembersTheFirstPlaces) {
  const ListContent list = read_list(
      "!adblock.example\n"
      "ok.example\n"
      "two words.example\n"
      "http://url.example/\n"
      "with-port.example:80\n"
      "[2001:db8::1]\n"
      "*\n"
      ".\n");
  EXPECT_EQ(names(list), Names{"ok.example"});
  EXPECT_EQ(list.unreadable, 7u);
  EXPECT_EQ(list.first_places, (Names{"1", "3", "4", "5", "6"}));
}

TEST(List, KeepsTheGoodNamesOfAHostsLine) {
  const ListContent list = read_list("0.0.0.0 a.example b..example c.example\n");
  EXPECT_EQ(names(list), (Names{"a.example", "c.example"}));
  EXPECT_EQ(list.unreadable, 1u);
}

TEST(List, TheOperatorMaySayWhatNamesMean) {
  const auto text = "0.0.0.0 a.example\n*.b.example\nc.example\n";
  EXPECT_EQ(names(read_list(text, Taken::exact)), (Names{"a.example", "b.example", "c.example"}));
  EXPECT_EQ(names(read_list(text, Taken::tree)), (Names{".a.example", ".b.example", ".c.example"}));
  EXPECT_EQ(read_list(text, Taken::tree).bare, 0u);
}

TEST(List, ReadsTheAdblockRulesThatSpeakOfAWholeName) {
  const ListContent list = read_list(
      "[Adblock Plus 2.0]\n"
      "! Title: everything\n"
      "||ads.example^\n"
      "||*.star.example^\n"
      "||Important.Example^$important\n"
      "@@||good.ads.example^\n"
      "@@||better.example^|\n"
      "0.0.0.0 hosts.example\n"
      "plain.example\n"
      "# a comment of the hosts kind\n");
  EXPECT_EQ(list.format, Format::adblock);
  EXPECT_EQ(names(list), (Names{".ads.example", ".star.example", ".important.example", "!.good.ads.example",
                                "!.better.example", "hosts.example", "plain.example"}));
  EXPECT_EQ(list.names, 5u) << "an exception is no name of the list";
  EXPECT_EQ(list.unreadable + list.other, 0u);
}

TEST(List, ReadsTheAdblockRulesWhoseOptionsLeaveTheNameWhole) {
  const ListContent list = read_list(
      "||a.example^$all\n"
      "||b.example^$document\n"
      "||c.example^$popup,doc\n"
      "||d.example^$important,script,all\n"
      "@@||e.example^$document\n"
      "||f.example\n"
      "||g.example$document\n");
  EXPECT_EQ(names(list),
            (Names{".a.example", ".b.example", ".c.example", ".d.example", "!.e.example", ".f.example", ".g.example"}));
  EXPECT_EQ(list.unreadable + list.other, 0u);
}

TEST(List, LeavesOutAdblockRulesAboutLessThanAName) {
  const ListContent list = read_list(
      "||ads.example^\n"
      "||cdn.example^$third-party\n"
      "||cdn.example/banner/\n"
      "||prefix\n"
      "||prefix.\n"
      "||prefix..example\n"
      "||cdn.example^$popup,script\n"
      "||cdn.example^$all,domain=x.example\n"
      "||cdn.example^$~document\n"
      "||cdn.example^$document,badfilter\n"
      "||192.0.2.\n"
      "||tracker*.example^\n"
      "##.banner\n"
      "x.example#@#.banner\n"
      "x.example#?#div:has(.ad)\n"
      "x.example#%#//scriptlet('a')\n"
      "/banner\\d+/\n"
      "@@/allowed.js\n"
      "|https://start.example|\n"
      "-ad-300x250.\n"
      "||b..d.example^\n");
  EXPECT_EQ(names(list), Names{".ads.example"});
  EXPECT_EQ(list.other, 19u);
  EXPECT_EQ(list.unreadable, 1u) << "only the last one makes no sense as a rule on a name";
}

TEST(List, ReadsDnsmasqConfiguration) {
  const ListContent list = read_list(
      "# generated\n"
      "address=/ads.example/0.0.0.0\n"
      "address=/.a.example/*.b.example/#\n"
      "server=/c.example/192.0.2.1  # elsewhere\n"
      "server=/good.ads.example/#\n"
      "local=/d.example/\n"
      "server=192.0.2.53\n"
      "address=/#/192.0.2.1\n"
      "local=//\n"
      "bogus-priv\n"
      "address=/no.end\n"
      "server=/b..d/\n"
      "Not an option\n");
  EXPECT_EQ(list.format, Format::dnsmasq);
  EXPECT_EQ(names(list),
            (Names{".ads.example", ".a.example", ".b.example", ".c.example", "!.good.ads.example", ".d.example"}));
  EXPECT_EQ(list.other, 4u);
  EXPECT_EQ(list.unreadable, 3u);
}

TEST(List, ReadsResponsePolicyZones) {
  const ListContent list = read_list(
      "$TTL 2h\n"
      "$ORIGIN rpz.zone.\n"
      "@ IN SOA localhost. root.localhost. (\n"
      "    1 ; serial\n"
      "    2h 1h 1w 1h )\n"
      "  IN NS localhost.\n"
      "ads.example          CNAME .\n"
      "*.ads.example  3600 IN CNAME *.\n"
      "Absolute.Example.rpz.zone. IN CNAME rpz-drop.\n"
      "garden.example       A 192.0.2.80\n"
      "                     AAAA 2001:db8::80 ; same owner\n"
      "good.ads.example     CNAME rpz-passthru.\n"
      "old.example          CNAME old.example.\n"
      "*.old.example        CNAME rpz-passthru.\n"
      "32.1.2.0.192.rpz-ip  CNAME .\n"
      "ns.example.rpz-nsdname CNAME .\n"
      "slow.example         CNAME rpz-tcp-only.\n"
      "words.example        TXT \"no\"\n"
      "elsewhere.example.   CNAME .\n"
      "$INCLUDE more\n"
      "$ORIGIN below.rpz.zone.\n"
      "deep                 CNAME .\n");
  EXPECT_EQ(list.format, Format::rpz);
  EXPECT_EQ(names(list), (Names{"ads.example", ".ads.example", "absolute.example", "garden.example", "garden.example",
                                "!good.ads.example", "!old.example", "!.old.example", "deep.below"}));
  EXPECT_EQ(list.other, 4u);
  EXPECT_EQ(list.first_places, (Names{"19", "20"}));
}

TEST(List, AZoneMayComeWithoutItsName) {
  const ListContent list =
      read_list("; transferred\n@ SOA a. b. 1 1 1 1 1\nads.example CNAME .\n*.b.example CNAME .\n");
  EXPECT_EQ(names(list), (Names{"ads.example", ".b.example"}));
  EXPECT_EQ(list.unreadable, 0u);
}

TEST(List, ReadsTheIndexOfCacheDomains) {
  ListContent list = read_list(R"({"cache_domains": [
    {"name": "steam", "description": "x", "domain_files": ["steam.txt", "more.txt"]},
    {"name": "epic", "domain_files": ["epic.txt"]},
    {"name": "up", "domain_files": ["../../etc/shadow"]},
    {"name": "a/b", "domain_files": []},
    {"domain_files": []}, 7]})");
  EXPECT_EQ(list.format, Format::cache_domains);
  EXPECT_EQ(list.unreadable, 4u) << "no name in it may lead to another folder";
  ASSERT_EQ(list.beside.size(), 3u);
  EXPECT_EQ(list.beside[1].category, "steam");
  EXPECT_EQ(list.beside[1].file, "more.txt");
  for (const Beside& beside : list.beside) {
    read_beside(beside, beside.category + ".example\n*.cdn." + beside.file + "\n?\n", Taken::automatic, list);
  }
  EXPECT_EQ(names(list, "steam"), (Names{"steam.example", ".cdn.steam.txt", "steam.example", ".cdn.more.txt"}));
  EXPECT_EQ(names(list, "epic").size(), 2u);
  EXPECT_EQ(list.names, 6u);
  EXPECT_EQ(list.first_places, (Names{"steam.txt:3", "more.txt:3", "epic.txt:3"}));
}

TEST(List, RefusesOtherJson) {
  for (const auto json : {"{", "{}", R"({"cache_domains": 1})", "  {\"a\": [1]}"}) {
    EXPECT_NE(read_list(json).broken, "") << json;
  }
}

// A mistake in a large list of one kind must not change how the rest of it is read.
TEST(List, IsRecognisedByWhatMostLinesAre) {
  EXPECT_EQ(read_list("a.example\nb.example\naddress=/c.example/\n").format, Format::plain);
  EXPECT_EQ(read_list("a.example\naddress=/b.example/\naddress=/c.example/\n").format, Format::dnsmasq);
  EXPECT_EQ(read_list("0.0.0.0 a.example\nb.example\nc.example\n").format, Format::hosts);
  EXPECT_EQ(read_list("0.0.0.0 a.example\n||b.example^\nc.example\n").format, Format::adblock);
}

TEST(List, SurvivesBinaryContent) {
  EXPECT_EQ(read_list("").unreadable, 0u);
  EXPECT_EQ(read_list("\0\0\0\n\xff\xfe\n\x1f\x8b\x08"sv).unreadable, 3u);
  EXPECT_EQ(read_list(std::string(1 << 20, 'a')).unreadable, 1u);
  EXPECT_EQ(read_list(std::string(1 << 16, '\n')).unreadable, 0u);
  EXPECT_EQ(read_list("0.0.0.0 " + std::string(1 << 16, '.')).unreadable, 1u);
  EXPECT_EQ(read_list("\x1f\x8b\x08").broken, "it is damaged or cut off");
}

TEST(List, HoldsManyNames) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "0.0.0.0 host-" + std::to_string(i) + ".ads.example\n";
  const ListContent list = read_list(text);
  ASSERT_EQ(list.names, 100'000u);
  EXPECT_EQ(names(list).back(), "host-99999.ads.example");
}

}  // namespace
}  // namespace weir::load
