#include "load/archive.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace weir::load {
namespace {

namespace fs = std::filesystem;

class ArchiveTest : public testing::Test {
 protected:
  ArchiveTest() {
    std::string pattern = (fs::temp_directory_path() / "weir-archive-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ + "/weir.toml";
  }
  ~ArchiveTest() override { fs::remove_all(folder_); }

  void write(const std::string& rules) {
    std::ofstream(path_) << "[gateway]\nlan = [\"lo\"]\n[control]\nstate = \"" << folder_ << "\"\n" << rules;
  }
  static WallTime at(std::int64_t seconds) { return WallTime(std::chrono::seconds(seconds)); }
  /// A confirmed text with one rule, and another with two on disk that waits until 1000.
  void wait_for_confirmation() {
    write(one);
    Archive archive{.confirmed = {load(path_).texts, 1}, .before = {}, .passed_over = {}};
    write(two);
    archive.passed_over = print_of(load(path_).texts);
    archive.until = 1000;
    ASSERT_TRUE(write_archive(folder_, archive));
  }

  const std::string one = "[[rule]]\naction = \"block\"\n", two = one + one;
  std::string folder_, path_;
};

TEST_F(ArchiveTest, ATextThatWaitsToBeConfirmedIsNotStartedWith) {
  wait_for_confirmation();
  const Loaded loaded = load_to_start(path_, at(500));
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->rules.size(), 1u);
  ASSERT_FALSE(loaded.diagnostics.empty());
  EXPECT_NE(loaded.diagnostics.front().message.find("never confirmed"), std::string::npos);
}

TEST_F(ArchiveTest, NotEvenWhenItsTimeIsOver) {
  wait_for_confirmation();
  EXPECT_EQ(load_to_start(path_, at(5000)).config->rules.size(), 1u);
}

TEST_F(ArchiveTest, AnotherTextIsStartedWithOnceTheTimeIsOver) {
  wait_for_confirmation();
  write(two + one);
  EXPECT_EQ(load_to_start(path_, at(500)).config->rules.size(), 1u);
  EXPECT_EQ(load_to_start(path_, at(5000)).config->rules.size(), 3u);
}

TEST_F(ArchiveTest, AKeptTextThatDoesNotLoadIsNoReasonNotToStart) {
  wait_for_confirmation();
  Archive archive = read_archive(folder_);
  archive.confirmed.texts.front().text += "[[list]]\nname = \"gone\"\nfile = \"/nonexistent\"\n";
  ASSERT_TRUE(write_archive(folder_, archive));
  const Loaded loaded = load_to_start(path_, at(500));
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->rules.size(), 2u);
  EXPECT_NE(to_text(loaded.diagnostics.front()).find("cannot be used"), std::string::npos);
}

TEST_F(ArchiveTest, KeepsTheTextsOfIncludedFilesToo) {
  std::ofstream(folder_ + "/more.toml") << one;
  std::ofstream(path_) << "include = [\"more.toml\"]\n[gateway]\nlan = [\"lo\"]\n";
  const Loaded loaded = load(path_);
  ASSERT_EQ(loaded.texts.size(), 2u);
  ASSERT_TRUE(write_archive(folder_, {.confirmed = {loaded.texts, 7}, .before = {}, .passed_over = {}}));
  fs::remove(folder_ + "/more.toml");
  fs::remove(path_);
  const Archive kept = read_archive(folder_);
  EXPECT_EQ(kept.confirmed.texts, loaded.texts);
  EXPECT_EQ(load(kept.confirmed.texts).config->rules.size(), 1u);
}

TEST_F(ArchiveTest, AnotherGatewaysArchiveAndRubbishAreNone) {
  wait_for_confirmation();
  Archive archive = read_archive(folder_);
  archive.confirmed.texts.front().path = "/elsewhere/weir.toml";
  ASSERT_TRUE(write_archive(folder_, archive));
  EXPECT_EQ(load_to_start(path_, at(500)).config->rules.size(), 2u);
  std::ofstream(folder_ + "/configurations.json") << "{\"confirmed\": 3}";
  EXPECT_TRUE(read_archive(folder_).confirmed.texts.empty());
  EXPECT_EQ(load_to_start(path_, at(500)).config->rules.size(), 2u);
}

TEST(Texts, ThePrintIsOfTheTextAndOfWhereAFileEnds) {
  const std::string print = print_of({{"a", "x\n"}, {"b", "y\n"}});
  EXPECT_EQ(print.size(), 16u);
  EXPECT_EQ(print, print_of({{"c", "x\n"}, {"d", "y\n"}}));
  EXPECT_NE(print, print_of({{"a", "x\ny\n"}, {"b", ""}}));
  EXPECT_NE(print, print_of({{"a", "x\n"}}));
  EXPECT_EQ(print_of({}), "");
}

}  // namespace
}  // namespace weir::load
