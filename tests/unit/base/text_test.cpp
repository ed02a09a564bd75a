#include "base/text.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Text, FoldsAsciiOnly) {
  EXPECT_EQ(lower("AZaz09-\xc3\x84"), "azaz09-\xc3\x84");
  EXPECT_TRUE(equal_fold("Host", "hOST"));
  EXPECT_FALSE(equal_fold("Host", "Hosts"));
  EXPECT_FALSE(equal_fold("[", "{")) << "they differ by the case bit but are no letters";
}

TEST(Text, TrimsBothEnds) {
  EXPECT_EQ(trim(" \t a b \t"), "a b");
  EXPECT_EQ(trim(" \t "), "");
  EXPECT_EQ(trim("\r\nx\r\n"), "\r\nx\r\n") << "line ends are not in the default set";
  EXPECT_EQ(trim("xxaxx", "x"), "a");
}

TEST(Text, SuggestsTheWordThatWasMeant) {
  constexpr std::string_view keys[] = {"http", "tls", "workers", "on_failure"};
  EXPECT_EQ(nearest("worker", keys), "workers");
  EXPECT_EQ(nearest("wrokers", keys), "workers") << "swapped neighbours are one mistake";
  EXPECT_EQ(nearest("on-failure", keys), "on_failure");
  EXPECT_EQ(nearest("HTTP", keys), "http");
  EXPECT_EQ(nearest("tsl", keys), "tls") << "a third of the word is still near";
}

TEST(Text, SuggestsNothingThatIsFar) {
  constexpr std::string_view keys[] = {"http", "tls", "workers"};
  EXPECT_EQ(nearest("cache", keys), "");
  EXPECT_EQ(nearest("", keys), "");
  EXPECT_EQ(nearest("tx", keys), "");
  EXPECT_EQ(nearest("workers", {}), "");
  EXPECT_EQ(nearest(std::string(100'000, 'w'), keys), "") << "cost is bounded";
}

TEST(Text, TheFirstOfEquallyNearWordsWins) {
  constexpr std::string_view keys[] = {"bead", "beat"};
  EXPECT_EQ(nearest("beam", keys), "bead");
}

}  // namespace
}  // namespace weir
