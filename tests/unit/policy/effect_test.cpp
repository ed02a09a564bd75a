// What a change by hand is told to come to, beside locked rules.
#include "policy/effect.h"

#include <gtest/gtest.h>

#include "config/by_hand.h"
#include "written.h"

namespace weir::policy {
namespace {

constexpr std::string_view school = R"(
  [[group]]
  name = "pads"
  clients = ["02:00:5e:10:00:07"]
  [[group]]
  name = "pupils"
  clients = ["10.20.0.0/16"]
  [[rule]]
  name = "lessons"
  host = [".games.example", "www.adult.example"]
  action = "block"
  [[rule]]
  name = "law"
  client = ["@pupils", "@pads"]
  host = [".adult.example", "@court"]
  action = "block"
  locked = true
  [[list]]
  name = "court"
  names = ["bad.example"]
)";

/// "overrides lessons; held adult.example by law; opens"
std::string effect(std::vector<std::string> host, std::vector<std::string> client = {}, Action action = Action::allow,
                   std::vector<config::Change> earlier = {}) {
  const auto file = written(school);
  NameList court;
  court.add("bad.example", NameList::Kind::exact);
  const NameLists lists{{"court", std::make_shared<const NameList>(std::move(court))}};
  const config::Change change{.number = 9, .action = action, .host = std::move(host), .client = std::move(client)};
  const auto before = Snapshot::build(config::with_changes(file->config(), earlier), lists, 1);
  earlier.push_back(change);
  const auto after = Snapshot::build(config::with_changes(file->config(), earlier), lists, 2);
  config::Diagnostics ignored;
  const Effect found = effect_of(config::rule_of(change, file->config(), ignored).value(), *before, *after, lists);
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  if (found.overrides >= 0) add("overrides " + before->rule_name(found.overrides));
  for (const auto& [name, rule] : found.held) add("held " + name + " by " + after->rule_name(rule));
  if (found.opens) add("opens");
  return text;
}

TEST(Effect, OverridesWhatIsNotLocked) {
  EXPECT_EQ(effect({"x.games.example"}), "overrides lessons; opens");
  EXPECT_EQ(effect({"www.museum.example"}), "opens");
  const config::Change blocked{.number = 1, .action = Action::block, .host = {"www.museum.example"}};
  EXPECT_EQ(effect({"www.museum.example"}, {}, Action::allow, {blocked}), "overrides change 1; opens");
}

TEST(Effect, OpensNothingOfWhatIsLockedHoweverTheClientIsCalled) {
  for (const char* client : {"@pupils", "10.20.3.4", "@pads", "02:00:5e:10:00:07"})
    EXPECT_EQ(effect({"www.adult.example"}, {client}), "held www.adult.example by law") << client;
  EXPECT_EQ(effect({"@court"}, {"@pupils"}), "held bad.example by law");
}

TEST(Effect, IsTriedWhereItIsMeantByWhatItIsNot) {
  EXPECT_EQ(effect({"!www.adult.example"}, {"@pupils"}), "held adult.example by law; held bad.example by law; opens");
  EXPECT_EQ(effect({"www.adult.example"}, {"!@pads"}), "overrides lessons; held www.adult.example by law; opens");
}

TEST(Effect, OpensWhatIsBelowANameThatAloneIsLocked) {
  EXPECT_EQ(effect({".bad.example"}, {"@pupils"}), "held bad.example by law; opens");
  EXPECT_EQ(effect({".adult.example"}, {"@pupils"}), "held adult.example by law");
}

TEST(Effect, OpensAPartAndNamesTheOther) {
  EXPECT_EQ(effect({".example"}, {"@pupils"}), "held adult.example by law; held bad.example by law; opens");
  EXPECT_EQ(effect({"www.adult.example"}), "overrides lessons; held www.adult.example by law; opens")
      << "for those whom the law does not mean";
  EXPECT_EQ(effect({}, {}, Action::pass), "held adult.example by law; held bad.example by law; opens");
  EXPECT_EQ(effect({}, {"192.0.2.1"}, Action::pass), "opens") << "no lock reaches this client";
}

}  // namespace
}  // namespace weir::policy
