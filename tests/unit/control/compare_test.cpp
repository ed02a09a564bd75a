#include "control/compare.h"

#include <gtest/gtest.h>

namespace weir::control {
namespace {

using Lines = std::vector<std::string>;

TEST(Compare, EqualTextsDoNotDiffer) {
  for (const char* text : {"", "a\n", "a\nb"}) {
    const FileChange change = compare(text, text);
    EXPECT_EQ(change.added + change.removed, 0u);
    EXPECT_TRUE(change.lines.empty());
  }
}

TEST(Compare, ShowsEachLineByItsNumberInItsOwnText) {
  const FileChange change = compare("a\nb\nc\nd\n", "a\nx\nc\ny\nd\n");
  EXPECT_EQ(change.lines, (Lines{"2 -b", "2 +x", "4 +y"}));
  EXPECT_EQ(change.added, 2u);
  EXPECT_EQ(change.removed, 1u);
}

TEST(Compare, TextOutOfNothingIsAllNew) {
  EXPECT_EQ(compare("", "a\nb").lines, (Lines{"1 +a", "2 +b"}));
  EXPECT_EQ(compare("a\nb\n", "").lines, (Lines{"1 -a", "2 -b"}));
}

TEST(Compare, ALineThatMovesIsTakenAwayAndAdded) {
  EXPECT_EQ(compare("a\nb\nc\n", "b\nc\na\n").lines, (Lines{"1 -a", "3 +a"}));
}

TEST(Compare, ShowsTheFirstAndCountsAll) {
  std::string before, after;
  for (int i = 0; i < 500; ++i) {
    before += "old " + std::to_string(i) + "\n";
    after += "new " + std::to_string(i) + "\n";
  }
  const FileChange change = compare(before, after);
  EXPECT_EQ(change.lines.size(), most_lines_shown);
  EXPECT_EQ(change.added, 500u);
  EXPECT_EQ(change.removed, 500u);
}

TEST(Compare, HugeChangesAreShownWholeAndFast) {
  std::string before, after;
  for (int i = 0; i < 100'000; ++i) {
    before += "line " + std::to_string(i) + "\n";
    after += "line " + std::to_string(99'999 - i) + "\n";
  }
  const FileChange change = compare(before, after);
  EXPECT_EQ(change.added, 100'000u);
  EXPECT_EQ(change.removed, 100'000u);
}

}  // namespace
}  // namespace weir::control
