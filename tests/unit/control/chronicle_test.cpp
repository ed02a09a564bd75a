#include "control/chronicle.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace weir::control {
namespace {

namespace fs = std::filesystem;

class ChronicleTest : public testing::Test {
 protected:
  ChronicleTest() {
    std::string pattern = (fs::temp_directory_path() / "weir-chronicle-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~ChronicleTest() override { fs::remove_all(folder_); }

  Chronicle run(std::int64_t at, const std::string& boot) {
    Chronicle chronicle(folder_);
    chronicle.begin({.ts = at, .what = "started"}, boot);
    return chronicle;
  }
  static std::string said(const Chronicle& chronicle) {
    std::string all;
    for (const Event& event : chronicle.since(0)) all += (all.empty() ? "" : " ") + event.what;
    return all;
  }
  std::size_t lines() const {
    std::ifstream file(folder_ + "/history");
    std::size_t count = 0;
    for (std::string line; std::getline(file, line);) ++count;
    return count;
  }

  std::string folder_;
};

TEST_F(ChronicleTest, OutlivesTheRun) {
  run(1, "a").add({.ts = 2, .what = "stopped"});
  EXPECT_EQ(said(run(3, "a")), "started stopped started");
  const auto later = Chronicle(folder_).since(2);
  ASSERT_EQ(later.size(), 2u);
  EXPECT_EQ(later[0].what, "stopped");
}

TEST_F(ChronicleTest, ARunWithoutGoodbyeIsToldByTheNext) {
  run(1, "a");
  auto second = run(5, "a");
  EXPECT_EQ(said(second), "started died started");
  EXPECT_NE(second.since(0)[1].text.find("killed"), std::string::npos);
  auto third = run(9, "b");
  EXPECT_NE(third.since(0)[3].text.find("power"), std::string::npos) << "another boot of the machine";
}

TEST_F(ChronicleTest, WhatIsNoEventIsPassedOver) {
  run(1, "a").add({.ts = 2, .what = "stopped"});
  std::ofstream(folder_ + "/history", std::ios::app) << "rubbish\n[1]\n{\"ts\": \"yesterday\"}\n{\"ts\":4,\"wha";
  auto chronicle = run(5, "a");
  EXPECT_EQ(said(chronicle), "started stopped started");
  EXPECT_EQ(said(Chronicle(folder_)), "started stopped started") << "a torn line does not swallow the next one";
}

TEST(ChronicleWords, SayWhatAChangeByHandIsInHalfALine) {
  using config::Change;
  EXPECT_EQ(told({.action = Action::allow, .list = "", .host = {".a.example"}, .client = {"@kids"}}),
            ".a.example open for @kids");
  EXPECT_EQ(told({.action = Action::block, .list = "", .host = {"a", "b", "c", "d", "e"}, .client = {}}),
            "a, b, c and 2 more blocked for everyone");
  EXPECT_EQ(told({.action = Action::pass, .list = "", .host = {}, .client = {"tv-1", "tv-2"}}),
            "paused for tv-1 and tv-2");
  EXPECT_EQ(told({.action = Action::allow, .list = "ads", .host = {"cdn.example"}, .client = {}}),
            "cdn.example excepted from ads");
  EXPECT_EQ(told({.action = Action::block, .list = "", .host = {"!a.example"}, .client = {"@kids", "!tv-1"}}),
            "everything but a.example blocked for @kids but not tv-1");
  EXPECT_EQ(numbers_of({Change{.number = 8}, Change{.number = 9}}), "8 and 9");
}

TEST_F(ChronicleTest, KeepsSoManyAndNoMoreThanTwiceOnDisk) {
  {
    std::ofstream file(folder_ + "/history");
    for (std::size_t i = 0; i < 2 * Chronicle::most; ++i) file << "{\"ts\":" << i << ",\"what\":\"reloaded\"}\n";
  }
  Chronicle chronicle(folder_);
  EXPECT_EQ(chronicle.since(0).size(), Chronicle::most);
  chronicle.add({.ts = 9000, .what = "confirmed"});
  EXPECT_EQ(lines(), Chronicle::most) << "written anew";
  chronicle.add({.ts = 9001, .what = "stopped"});
  EXPECT_EQ(lines(), Chronicle::most + 1) << "and goes on from there";
  const auto read = Chronicle(folder_).since(9000);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[1].what, "stopped");
}

}  // namespace
}  // namespace weir::control
