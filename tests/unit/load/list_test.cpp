#include "load/list.h"

#include <gtest/gtest.h>

namespace weir::load {
namespace {

using Names = std::vector<std::string>;
using Lines = std::vector<std::uint32_t>;
using namespace std::string_view_literals;

TEST(List, ReadsPlainNames) {
  const ListContent list = read_list("a.example\n.b.example\n*.c.example\nD.Example.\n192.0.2.1\n2001:DB8::1\n");
  EXPECT_EQ(list.names.exact, (Names{"a.example", "d.example", "192.0.2.1", "2001:db8::1"}));
  EXPECT_EQ(list.names.subtree, (Names{"b.example", "c.example"}));
  EXPECT_EQ(list.unreadable, 0u);
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
  EXPECT_EQ(list.names.exact, (Names{"ads.example", "b.example", "c.example", "d.example"}))
      << "the machine's own names are no part of the list";
  EXPECT_TRUE(list.names.subtree.empty());
  EXPECT_EQ(list.unreadable, 0u);
}

TEST(List, SkipsCommentsBlanksAndForeignLineEnds) {
  const ListContent list =
      read_list("\xef\xbb\xbf# head\r\n\r\n  \t\r\n a.example \r\nb.example#note\r\n#c.example\nd.example");
  EXPECT_EQ(list.names.exact, (Names{"a.example", "b.example", "d.example"})) << "the last line needs no end";
  EXPECT_EQ(list.unreadable, 0u);
}

TEST(List, CountsWhatItCannotReadAndRemembersTheFirstLines) {
  const ListContent list = read_list(
      "||adblock.example^\n"
      "ok.example\n"
      "two words.example\n"
      "http://url.example/\n"
      "with-port.example:80\n"
      "[2001:db8::1]\n"
      "*\n"
      ".\n");
  EXPECT_EQ(list.names.exact, Names{"ok.example"});
  EXPECT_EQ(list.unreadable, 7u);
  EXPECT_EQ(list.first_lines, (Lines{1, 3, 4, 5, 6}));
}

TEST(List, KeepsTheGoodNamesOfAHostsLine) {
  const ListContent list = read_list("0.0.0.0 a.example b..example c.example\n");
  EXPECT_EQ(list.names.exact, (Names{"a.example", "c.example"}));
  EXPECT_EQ(list.unreadable, 1u);
}

TEST(List, SurvivesBinaryContent) {
  EXPECT_EQ(read_list("").unreadable, 0u);
  EXPECT_EQ(read_list("\0\0\0\n\xff\xfe\n\x1f\x8b\x08"sv).unreadable, 3u);
  EXPECT_EQ(read_list(std::string(1 << 20, 'a')).unreadable, 1u);
  EXPECT_EQ(read_list(std::string(1 << 16, '\n')).unreadable, 0u);
  EXPECT_EQ(read_list("0.0.0.0 " + std::string(1 << 16, '.')).unreadable, 1u);
}

TEST(List, MakesRoomForAllNamesOnce) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "0.0.0.0 host-" + std::to_string(i) + ".ads.example\n";
  const ListContent list = read_list(text);
  ASSERT_EQ(list.names.exact.size(), 100'000u);
  EXPECT_EQ(list.names.exact.back(), "host-99999.ads.example");
  EXPECT_EQ(list.names.exact.capacity(), 100'001u);
}

}  // namespace
}  // namespace weir::load
