#include "load/load.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "names_in.h"

namespace weir::load {
namespace {

namespace fs = std::filesystem;

/// A folder of its own for each test.
class Load : public testing::Test {
 protected:
  Load() {
    std::string pattern = fs::temp_directory_path() / "weir-load-XXXXXX";
    folder = mkdtemp(pattern.data());
  }
  ~Load() override { fs::remove_all(folder); }

  void write(const std::string& name, const std::string& text) {
    fs::create_directories((folder / name).parent_path());
    std::ofstream(folder / name) << text;
  }
  Loaded load_main() { return load((folder / "weir.toml").string()); }
  /// The diagnostics with paths as they are inside the folder.
  std::string said(const Loaded& loaded) {
    std::string out;
    for (const auto& d : loaded.diagnostics) out += to_text(d);
    const std::string prefix = folder.string() + '/';
    for (auto at = out.find(prefix); at != out.npos; at = out.find(prefix)) out.erase(at, prefix.size());
    return out;
  }

  fs::path folder;
};

const std::string gateway = "gateway = { lan = [\"br-lan\"], quic = \"reject\" }\n";

TEST_F(Load, ATimeZoneMustBeOneOfTheSystems) {
  const auto in = [&](const std::string& zone) {
    write("weir.toml", "[gateway]\nlan = [\"br-lan\"]\ntimezone = \"" + zone + "\"\n");
    return said(load_main());
  };
  EXPECT_EQ(in("Europe/Berlin"), "");
  EXPECT_EQ(in("Etc/GMT+5"), "");
  EXPECT_EQ(in("Europe/berlin"),
            "weir.toml:3:12: error: there is no time zone \"Europe/berlin\"\n  → did you mean \"Europe/Berlin\"?\n");
  EXPECT_NE(in("Europe").find("there is no time zone \"Europe\""), std::string::npos) << "a folder";
  EXPECT_NE(in("tzdata.zi").find("takes the name of a time zone"), std::string::npos);
}

TEST_F(Load, SaysWhatTheNamesOfDevicesAreWorth) {
  write("weir.toml", gateway + R"(
[clients]
names = ["leases", "hosts", "missing"]
[[group]]
name = "kids"
clients = ["tablet", "phone", "tv", "printer"]
[[rule]]
client = ["@kids"]
action = "block"
)");
  write("leases",
        "0 02:00:5e:10:00:01 10.0.0.1 tablet *\n0 02:00:5e:10:00:02 10.0.0.2 phone *\n"
        "0 02:00:5e:10:00:03 10.0.0.3 phone *\n0 02:00:5e:10:00:04 10.0.0.4 printer *\n");
  write("hosts", "10.0.0.4 printer\n");
  const Loaded loaded = load_main();
  EXPECT_EQ(
      said(loaded),
      "weir.toml:4:9: warning: \"missing\" names no device: there is no such file now\n"
      "weir.toml:7:12: warning: \"tablet\" is known by its lease alone, and a device says itself what it is called: "
      "others may take the name\n  → write its hardware address 02:00:5e:10:00:01, or name it in /etc/hosts\n"
      "weir.toml:7:22: warning: \"phone\": 02:00:5e:10:00:03 calls itself so too; the name stays with "
      "02:00:5e:10:00:02\n"
      "weir.toml:7:22: warning: \"phone\" is known by its lease alone, and a device says itself what it is called: "
      "others may take the name\n  → write its hardware address 02:00:5e:10:00:02, or name it in /etc/hosts\n"
      "weir.toml:7:31: warning: no device is called \"tv\" now\n"
      "  → a lease or a hosts file must name it; until then it means nobody\n");
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(policy::devices_in(*loaded.config, *loaded.directory)->size(), 3U);
}

TEST_F(Load, RefusesHardwareAddressesWhereNoFrameBearsOne) {
  const auto in = [&](const std::string& lan) {
    write("weir.toml",
          "[gateway]\nlan = [" + lan + "]\n[[rule]]\nclient = [\"02:00:5e:10:00:01\"]\naction = \"block\"\n");
    return said(load_main());
  };
  EXPECT_EQ(in("\"not-there\""), "");
  EXPECT_EQ(in("\"lo\""),
            "weir.toml:4:11: error: frames on lo bear no hardware address, so none can match there\n"
            "  → write the addresses or prefixes of the clients\n");
  EXPECT_EQ(in("\"lo\", \"not-there\""),
            "weir.toml:4:11: warning: frames on lo bear no hardware address, so none can match there\n");
}

std::string list(const std::string& name, const std::string& rest) {
  return "[[list]]\nname = \"" + name + "\"\n" + rest + "\n[[rule]]\nhost = [\"@" + name + "\"]\naction = \"block\"\n";
}

TEST_F(Load, BringsConfigurationIncludesAndLists) {
  write("weir.toml",
        "include = [\"site/site.toml\"]\n" + gateway + list("here", "names = [\"a.example\", \".b.example\"]"));
  write("site/site.toml", list("ads", "file = \"ads.txt\""));
  write("site/ads.txt", "0.0.0.0 ads.example\n*.tracker.example\n");
  const Loaded loaded = load_main();
  EXPECT_EQ(said(loaded), "");
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->files.size(), 2u);
  ASSERT_EQ(loaded.lists.size(), 2u);
  EXPECT_EQ(names_in(*loaded.lists.at("ads")), (std::vector<std::string>{"ads.example", ".tracker.example"}));
  EXPECT_EQ(names_in(*loaded.lists.at("here")), (std::vector<std::string>{"a.example", ".b.example"}));
  EXPECT_EQ(loaded.facts.at("ads").names, 2u);
  EXPECT_EQ(loaded.facts.at("ads").format, Format::hosts);
}

const std::string index_json = R"({"cache_domains": [{"name": "steam", "domain_files": ["steam.txt"]}]})";

TEST_F(Load, FilesBesideAnIndexBecomeCategories) {
  write("weir.toml", gateway + "[[list]]\nname = \"cdn\"\nfile = \"cdn/cache_domains.json\"\n" +
                         "[[rule]]\nhost = [\"@cdn/steam\"]\naction = \"pass\"\n");
  write("cdn/cache_domains.json", index_json);
  write("cdn/steam.txt", "*.content.example\n");
  const Loaded loaded = load_main();
  EXPECT_EQ(said(loaded), "");
  EXPECT_EQ(names_in(*loaded.lists.at("cdn/steam")), std::vector<std::string>{".content.example"});
  EXPECT_FALSE(loaded.lists.contains("cdn")) << "its name means all categories";
}

TEST_F(Load, AFileThatAnIndexMentionsMustBeThere) {
  write("weir.toml", gateway + list("cdn", "file = \"cache_domains.json\""));
  write("cache_domains.json", index_json);
  EXPECT_EQ(said(load_main()),
            "weir.toml:2:1: error: list \"cdn\": \"steam.txt\" cannot be read: No such file or directory\n");
}

TEST_F(Load, ACategoryThatDoesNotExistIsAnErrorWithASuggestion) {
  write("weir.toml", gateway + "[[list]]\nname = \"cdn\"\nfile = \"cache_domains.json\"\n" +
                         "[[list]]\nname = \"ads\"\nnames = [\"a.example\"]\n" +
                         "[[rule]]\nhost = [\"@cdn/stam\", \"@ads/x\", \"@nothing/x\"]\naction = \"pass\"\n");
  write("cache_domains.json", index_json);
  write("steam.txt", "*.content.example\n");
  EXPECT_EQ(said(load_main()),
            "weir.toml:9:9: error: there is no category \"@cdn/stam\"\n"
            "  → did you mean \"@cdn/steam\"?\n"
            "weir.toml:9:22: error: there is no category \"@ads/x\"\n"
            "  → this list has no categories: write \"@ads\"\n"
            "weir.toml:9:32: error: there is no list \"@nothing/x\"\n"
            "  → define it as [[list]] name = \"nothing\"\n");
}

TEST_F(Load, AListThatIsBrokenIsAnErrorAtItsPlace) {
  write("weir.toml", gateway + list("ads", "file = \"ads.json\""));
  write("ads.json", "{}");
  EXPECT_EQ(said(load_main()),
            "weir.toml:2:1: error: list \"ads\": \"ads.json\" cannot be used: it is JSON, but not in the form of "
            "cache_domains.json\n");
}

TEST_F(Load, AMissingListIsAnErrorAtItsPlace) {
  write("weir.toml", gateway + list("ads", "file = \"ads.txt\""));
  const Loaded loaded = load_main();
  EXPECT_FALSE(loaded.config);
  EXPECT_EQ(said(loaded),
            "weir.toml:2:1: error: list \"ads\": \"ads.txt\" cannot be read: No such file or directory\n");
}

TEST_F(Load, AMissingListIsReportedTogetherWithTheMistakesOfTheFile) {
  write("weir.toml", gateway + list("ads", "file = \"ads.txt\"") + "limits.head = \"soon\"\nport = [0]\n");
  EXPECT_EQ(said(load_main()),
            "weir.toml:2:1: error: list \"ads\": \"ads.txt\" cannot be read: No such file or directory\n"
            "weir.toml:8:1: error: limits.head stands below [[rule]] and so means rule.limits.head\n"
            "  → move it above the first [section]\n"
            "weir.toml:9:9: error: rule.port takes ports from 1 to 65535 and ranges as \"8000-8010\", not 0\n");
}

TEST_F(Load, LinesThatAreNotUnderstoodAreAWarning) {
  write("weir.toml", gateway + list("ads", "file = \"ads.txt\""));
  write("ads.txt", "a.example\n!\n!\n!\n!\n!\n!\nb.example\n");
  const Loaded loaded = load_main();
  EXPECT_TRUE(loaded.config);
  EXPECT_EQ(loaded.lists.at("ads")->names(), 2u);
  EXPECT_EQ(said(loaded),
            "weir.toml:2:1: warning: 6 lines of \"ads.txt\" are not understood and are ignored: lines 2, 3, 4, 5, 6, "
            "...\n");
}

TEST_F(Load, OneUnreadableLineIsSaidInTheSingular) {
  write("weir.toml", gateway + list("ads", "file = \"ads.txt\""));
  write("ads.txt", "a.example\n!\n");
  EXPECT_EQ(said(load_main()),
            "weir.toml:2:1: warning: 1 line of \"ads.txt\" is not understood and is ignored: line 2\n");
}

TEST_F(Load, AListWithoutNamesIsAWarning) {
  write("weir.toml", gateway + list("ads", "file = \"ads.txt\""));
  write("ads.txt", "# nothing yet\n");
  const Loaded loaded = load_main();
  EXPECT_TRUE(loaded.config);
  EXPECT_EQ(said(loaded), "weir.toml:2:1: warning: list \"ads\" holds no name and matches nothing\n");
}

TEST_F(Load, DiagnosticsOfBothStagesStandInTheOrderOfTheFile) {
  write("weir.toml", gateway + "[[list]]\nname = \"unused\"\nnames = [\"a.example\"]\n" + list("one", "file = \"1\"") +
                         list("two", "file = \"2\""));
  write("2", "");
  const Loaded loaded = load_main();
  std::vector<std::uint32_t> lines;
  for (const auto& d : loaded.diagnostics) lines.push_back(d.where.line);
  EXPECT_EQ(lines, (std::vector<std::uint32_t>{2, 5, 11})) << said(loaded);
}

TEST_F(Load, DiagnosticsOfTheMainFileStandBeforeThoseOfItsIncludes) {
  write("weir.toml", "include = [\"a.toml\"]\n" + gateway + list("main", "file = \"1\""));
  write("a.toml", list("included", "file = \"2\""));
  const Loaded loaded = load_main();
  ASSERT_EQ(loaded.diagnostics.size(), 2u) << said(loaded);
  EXPECT_EQ(loaded.diagnostics[0].where.file, (folder / "weir.toml").string());
}

TEST_F(Load, WhatIsNoRegularFileIsRefusedWithoutWaiting) {
  write("weir.toml", gateway + list("pipe", "file = \"pipe\"") + list("folder", "file = \"folder\""));
  fs::create_directory(folder / "folder");
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(said(load_main()),
            "weir.toml:2:1: error: list \"pipe\": \"pipe\" cannot be read: Operation not supported\n"
            "weir.toml:8:1: error: list \"folder\": \"folder\" cannot be read: Is a directory\n");
}

TEST_F(Load, AConfigurationBeyondSixteenMebibytesIsRefusedUnread) {
  write("weir.toml", gateway);
  fs::resize_file(folder / "weir.toml", (16 << 20) + 1);
  EXPECT_EQ(said(load_main()), "weir.toml: error: cannot be read: File too large\n");
}

TEST_F(Load, AMissingConfigurationIsOneError) {
  EXPECT_EQ(said(load_main()), "weir.toml: error: cannot be read: No such file or directory\n");
}

}  // namespace
}  // namespace weir::load
