#include "load/keep.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "load/load.h"
#include "names_in.h"

namespace weir::load {
namespace {

namespace fs = std::filesystem;

std::string copy_of(const Keep& keep) {
  std::string text;
  EXPECT_TRUE(keep.copy("ads", text));
  return text;
}

class KeepTest : public testing::Test {
 protected:
  KeepTest() {
    std::string pattern = fs::temp_directory_path() / "weir-keep-XXXXXX";
    folder = mkdtemp(pattern.data());
    state = (folder / "state").string();
  }
  ~KeepTest() override { fs::remove_all(folder); }

  /// A configuration with one list of a URL, and what is said of it.
  Loaded load_with(const std::string& rule_host) {
    std::ofstream(folder / "weir.toml") << "gateway = { lan = [\"br-lan\"], quic = \"reject\" }\ncontrol.state = \""
                                        << state << "\"\n[[list]]\nname = \"ads\"\nurl = \"https://a.example/ads\"\n"
                                        << "except = [\"mine.example\"]\n[[rule]]\nhost = [\"" << rule_host
                                        << "\"]\naction = \"block\"\n";
    return load((folder / "weir.toml").string());
  }

  fs::path folder;
  std::string state;
};

TEST_F(KeepTest, ChangesByHandAreThereForTheNextRun) {
  EXPECT_EQ(Keep(state).by_hand()->last, 0u) << "no page: none";
  ByHand by_hand{.last = 9, .changes = {}};
  by_hand.changes.push_back(
      {.number = 7, .action = Action::allow, .host = {".a.example"}, .client = {"@kids"}, .since = 1, .until = 2});
  by_hand.changes.push_back({.number = 9, .action = Action::pass, .list = "ads"});
  by_hand.changes.push_back({.number = 8, .never = true, .host = {".bank.example"}});
  ASSERT_TRUE(Keep(state).put_by_hand(by_hand));
  const auto kept = Keep(state).by_hand();
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->last, 9u);
  ASSERT_EQ(kept->changes.size(), 3u);
  EXPECT_EQ(kept->changes[0].action, Action::allow);
  EXPECT_EQ(kept->changes[0].host, std::vector<std::string>{".a.example"});
  EXPECT_EQ(kept->changes[0].client, std::vector<std::string>{"@kids"});
  EXPECT_EQ(kept->changes[0].until, 2);
  EXPECT_EQ(kept->changes[1].action, Action::pass);
  EXPECT_EQ(kept->changes[1].list, "ads");
  EXPECT_TRUE(kept->changes[2].never && !kept->changes[0].never);
}

// What opened for an hour must not be forgotten in silence, nor half read.
TEST_F(KeepTest, APageOfChangesThatCannotBeUnderstoodIsAnError) {
  ASSERT_TRUE(Keep(state).put_by_hand({}));
  std::ofstream(fs::path(state) / "by_hand.json") << "{\"last\": ";
  EXPECT_FALSE(Keep(state).by_hand());
}

TEST_F(KeepTest, WhatIsPutIsThereForTheNextRun) {
  Keep(state).put_about("ads", {.url = "https://a.example/",
                                .etag = "\"1\"",
                                .updated = 7,
                                .held = "it is \xff",
                                .except = {"a.example", ".b.example"}});
  ASSERT_TRUE(Keep(state).put_copy("ads", "x.example\n"));
  const Keep keep(state);
  const Kept kept = keep.about("ads");
  EXPECT_EQ(kept.url, "https://a.example/");
  EXPECT_EQ(kept.etag, "\"1\"");
  EXPECT_EQ(kept.updated, 7);
  EXPECT_EQ(kept.except, (std::vector<std::string>{"a.example", ".b.example"}));
  EXPECT_EQ(copy_of(keep), "x.example\n");
  std::string held;
  EXPECT_FALSE(keep.held("ads", held));
  EXPECT_EQ(keep.about("other").updated, 0);
}

TEST_F(KeepTest, WhatACrashLeftBesideIsNotTaken) {
  const Keep keep(state);
  ASSERT_TRUE(keep.put_copy("ads", "old.example\n"));
  std::ofstream(fs::path(state) / "list.ads" / "copy.new") << "half of it";
  EXPECT_EQ(copy_of(keep), "old.example\n");
  ASSERT_TRUE(keep.put_copy("ads", "new.example\n"));
  EXPECT_EQ(copy_of(keep), "new.example\n");
}

TEST_F(KeepTest, APageThatIsDamagedIsAnEmptyOne) {
  const Keep keep(state);
  ASSERT_TRUE(keep.put_about("ads", {.updated = 7}));
  for (const char* text : {"", "{", "[]", R"({"updated": "x"})"}) {
    std::ofstream(fs::path(state) / "list.ads" / "about.json") << text;
    EXPECT_EQ(keep.about("ads").updated, 0) << text;
  }
}

TEST_F(KeepTest, NoNameOfAListLeadsOutOfTheFolder) {
  const Keep keep(state);
  ASSERT_TRUE(keep.put_copy("..", "x"));
  EXPECT_TRUE(fs::exists(fs::path(state) / "list..." / "copy"));
  EXPECT_FALSE(fs::exists(folder / "copy"));
}

TEST_F(KeepTest, AFolderThatCannotBeWrittenIsAnError) {
  std::ofstream(state) << "a file stands there";
  EXPECT_FALSE(Keep(state).put_copy("ads", "x"));
}

TEST_F(KeepTest, AListOfAUrlIsItsLastGoodCopy) {
  const Keep keep(state);
  ASSERT_TRUE(keep.put_copy("ads", "||x.example^\n"));
  ASSERT_TRUE(keep.put_about("ads", {.url = "https://a.example/ads", .updated = 7, .except = {".hand.example"}}));
  const Loaded loaded = load_with("@ads");
  ASSERT_TRUE(loaded.config);
  EXPECT_TRUE(loaded.diagnostics.empty());
  EXPECT_EQ(names_in(*loaded.lists.at("ads")), std::vector<std::string>{".x.example"});
  const auto& except = loaded.config->lists[0].except;
  ASSERT_EQ(except.size(), 2u) << "those of the file and those that were made by hand";
  EXPECT_EQ(except[1].text, "hand.example");
  EXPECT_EQ(except[1].kind, config::Match::Kind::subtree);
}

TEST_F(KeepTest, ACopyOfAnotherUrlIsNotUsed) {
  const Keep keep(state);
  ASSERT_TRUE(keep.put_copy("ads", "||x.example^\n"));
  ASSERT_TRUE(keep.put_about("ads", {.url = "https://b.example/ads", .updated = 7}));
  const Loaded loaded = load_with("@ads/adult");  // whether it has that category is not known yet
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.facts.at("ads").names, 0u);
  ASSERT_EQ(loaded.diagnostics.size(), 1u);
  EXPECT_EQ(loaded.diagnostics[0].message, "list \"ads\" has not been fetched yet and is empty");
}

}  // namespace
}  // namespace weir::load
