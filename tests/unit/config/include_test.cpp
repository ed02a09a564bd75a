// Several files as one configuration.
#include <gtest/gtest.h>

#include "texts.h"

namespace weir::config {
namespace {

std::vector<std::string> rule_names(const Config& config) {
  std::vector<std::string> names;
  for (const Rule& rule : config.rules) names.push_back(rule.name);
  return names;
}

std::string rule(const std::string& name) {
  return "[[rule]]\nname = \"" + name + "\"\nport = [1]\naction = \"allow\"\n";
}

TEST(Include, SectionsMergeKeyByKey) {
  const Parsed parsed = parse("weir.toml", Texts{
                                               {"weir.toml", "include = [\"site.toml\"]\n[gateway]\nworkers = 2\n"},
                                               {"site.toml", "[gateway]\nlan = [\"eth1\"]\n[limits]\nhead = \"5s\"\n"},
                                           });
  ASSERT_TRUE(parsed.config);
  EXPECT_EQ(parsed.config->gateway.workers, 2u);
  EXPECT_EQ(parsed.config->gateway.lan, std::vector<std::string>{"eth1"});
  EXPECT_EQ(parsed.config->limits.head, Duration(std::chrono::seconds(5)));
  EXPECT_EQ(parsed.config->files, (std::vector<std::string>{"weir.toml", "site.toml"}));
}

TEST(Include, AKeyGivenTwiceNamesBothPlaces) {
  EXPECT_EQ(said(Texts{{"weir.toml", "include = [\"site.toml\"]\ngateway.lan = [\"a\"]\ngateway.workers = 2\n"},
                       {"site.toml", "[gateway]\nworkers = 2\n"}}),
            "weir.toml:3:9: error: gateway.workers is given twice; the other stands at site.toml:2:11\n");
}

TEST(Include, RulesOfIncludedFilesStandFirstInTheOrderOfTheIncludes) {
  const Parsed parsed = parse(
      "weir.toml", Texts{
                       {"weir.toml", "include = [\"a.toml\", \"b.toml\"]\ngateway.lan = [\"x\"]\n" + rule("main")},
                       {"a.toml", "include = [\"deep.toml\"]\n" + rule("a")},
                       {"b.toml", rule("b1") + rule("b2")},
                       {"deep.toml", rule("deep")},
                   });
  ASSERT_TRUE(parsed.config);
  EXPECT_EQ(rule_names(*parsed.config), (std::vector<std::string>{"deep", "a", "b1", "b2", "main"}));
  EXPECT_EQ(parsed.config->rules[0].where.file, "deep.toml");
}

TEST(Include, PathsAreRelativeToTheIncludingFile) {
  const Parsed parsed = parse("/etc/weir/weir.toml",
                              Texts{
                                  {"/etc/weir/weir.toml", "include = [\"conf.d/a.toml\"]\ngateway.lan = [\"x\"]\n"},
                                  {"/etc/weir/conf.d/a.toml", "include = [\"b.toml\", \"/srv/c.toml\"]\n"},
                                  {"/etc/weir/conf.d/b.toml", ""},
                                  {"/srv/c.toml", ""},
                              });
  ASSERT_TRUE(parsed.config) << to_text(parsed.diagnostics.at(0));
  EXPECT_EQ(parsed.config->files.size(), 4u);
}

TEST(Include, ACircleIsRefusedWhereItCloses) {
  EXPECT_EQ(said(Texts{{"weir.toml", "include = [\"a.toml\"]\ngateway.lan = [\"x\"]\n"},
                       {"a.toml", "include = [\"./weir.toml\"]\n"}}),
            "a.toml:1:12: error: includes go round in a circle: \"weir.toml\" is being read already\n");
}

TEST(Include, AFileIsIncludedOnceOnly) {
  EXPECT_EQ(said(Texts{{"weir.toml", "include = [\"a.toml\", \"./a.toml\"]\ngateway.lan = [\"x\"]\n"}, {"a.toml", ""}}),
            "weir.toml:1:22: error: \"a.toml\" is included twice\n");
}

TEST(Include, DepthEndsAtEight) {
  const auto chain = [](int files) {
    Texts texts = {{"weir.toml", "include = [\"1\"]\ngateway.lan = [\"x\"]\n"}};
    for (int i = 1; i <= files; ++i) {
      texts.add(std::to_string(i), i == files ? "" : "include = [\"" + std::to_string(i + 1) + "\"]\n");
    }
    return texts;
  };
  EXPECT_EQ(said(chain(8)), "");
  EXPECT_EQ(said(chain(9)), "8:1:12: error: includes are nested more than 8 deep\n");
}

TEST(Include, AMissingFileIsAnErrorAtItsNameAndHidesWhatWouldFollowFromIt) {
  EXPECT_EQ(said(Texts{{"weir.toml", "include = [\"lists.toml\"]\n[[rule]]\nhost = [\"@ads\"]\naction = \"block\"\n"}}),
            "weir.toml:1:12: error: \"lists.toml\" cannot be read: No such file or directory\n");
}

TEST(Include, ReferencesReachAcrossFiles) {
  EXPECT_EQ(said(Texts{{"weir.toml",
                        "include = [\"a.toml\"]\ngateway = { lan = [\"x\"], quic = \"reject\" }\n"
                        "[[list]]\nname = \"ads\"\nnames = [\"a.example\"]\n"},
                       {"a.toml", "[[rule]]\nhost = [\"@ads\"]\naction = \"block\"\n"}}),
            "");
}

}  // namespace
}  // namespace weir::config
