#include "proxyctl/text.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace weir::proxyctl {
namespace {

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  for (std::size_t at = 0; at < text.size();) {
    auto end = text.find('\n', at);
    all.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return all;
}

TEST(Page, SaysTheSameWithMarksInAsciiAndWithoutATerminal) {
  auto print = [](Look look) {
    Page page(look);
    page.headline(Mark::attention, "running; the file differs", "since 19:02");
    page.row("policy", "12 rules");
    page.trouble(Mark::attention, "file", "differs", "proxyctl reload");
    return page.text();
  };
  EXPECT_EQ(print({.marks = Look::Marks::unicode}),
            "▲ running; the file differs                      since 19:02\n"
            "  policy         12 rules\n"
            "▲ file           differs                         → proxyctl reload\n");
  EXPECT_EQ(print({.marks = Look::Marks::ascii, .utf8 = false}),
            "!  running; the file differs                      since 19:02\n"
            "   policy         12 rules\n"
            "!  file           differs                         -> proxyctl reload\n");
  EXPECT_EQ(print({.marks = Look::Marks::none}),
            "running; the file differs                      since 19:02\n"
            "  policy         12 rules\n"
            "  file           differs                         → proxyctl reload\n");
}

TEST(Page, OnlyTheMarkIsColoured) {
  Page page({.marks = Look::Marks::unicode, .colour = true});
  page.headline(Mark::act, "refused");
  page.row("a", "b");
  EXPECT_EQ(page.text(), "\033[31m■\033[0m refused\n  a              b\n");
}

TEST(Page, NoLineOfWordsIsWiderThanAHundredColumns) {
  std::string words;
  for (int i = 0; i < 60; ++i) words += "wörter ";
  Page page({.marks = Look::Marks::ascii});
  page.row("label", words);
  page.trouble(Mark::attention, "label", words, "proxyctl something");
  auto all = lines(page.text());
  EXPECT_GT(all.size(), 8u);
  for (const std::string& line : all) {
    EXPECT_LE(width(line), columns) << line;
    EXPECT_NE(line.back(), ' ') << line;
  }
  EXPECT_EQ(all.back(), "                  → proxyctl something");
}

TEST(Page, AWordThatFitsNowhereIsNotLost) {
  Page page({});
  std::string path(300, 'x');
  page.row("file", path + " end");
  EXPECT_NE(page.text().find(path), std::string::npos);
  EXPECT_NE(page.text().find("end"), std::string::npos);
}

TEST(TableTest, NumbersStandRightAlignedAndTheWideColumnGivesWay) {
  Table table({{"name", Table::Align::left, 12}, {"count", Table::Align::right}});
  table.add({std::string(200, 'n'), "1"});
  table.add({"short", "38,204"}, Mark::attention);
  Page page({.marks = Look::Marks::ascii});
  table.print(page);
  auto all = lines(page.text());
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(width(all[1]), columns);
  EXPECT_EQ(all[1].substr(all[1].size() - 6), "     1");
  EXPECT_EQ(width(all[2]), columns);
  EXPECT_EQ(all[2].rfind("!  short", 0), 0u);
  EXPECT_NE(all[1].find("n..."), std::string::npos);
}

// ECMA-48 §5.2: ESC [ and its one-byte form CSI (U+009B) would let a client write on the operator's terminal.
TEST(Printable, TakesTheTeethOutOfTerminalSequences) {
  EXPECT_EQ(printable("a\033[2Jb\x7f\r\n"), "a?[2Jb???");
  EXPECT_EQ(printable("a\xc2\x9b"
                      "31m"),
            "a?31m");
  EXPECT_EQ(printable("école \xc2\xa0x"), "école \xc2\xa0x");
}

TEST(Cut, CountsCodePointsAndNeverSplitsOne) {
  EXPECT_EQ(cut("ééééé", 5), "ééééé");
  EXPECT_EQ(cut("éééééé", 5), "éé...");
  EXPECT_EQ(cut("abcdef", 2), "..");
}

TEST(ClockText, ShowsTheDateOnlyWhenItIsAnotherDay) {
  ::setenv("TZ", "UTC", 1);
  EXPECT_EQ(clock_text(1741605605, 1741605605 + 3600), "11:20");
  EXPECT_EQ(clock_text(1741605605, 1741605605 + 86400), "03-10 11:20");
}

}  // namespace
}  // namespace weir::proxyctl
