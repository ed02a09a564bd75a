#include <gtest/gtest.h>
#include <netinet/in.h>

#include <set>

#include "plan_lookup.h"
#include "written.h"

namespace weir::policy {
namespace {

/// A rule that blocks `match` of the kind that `list` is.
config::Rule blocks(std::vector<config::Match> config::Rule::*list, config::Match match) {
  config::Rule rule{.action = Action::block};
  (rule.*list).push_back(std::move(match));
  return rule;
}

TEST(Plan, WithoutRulesTlsAndQuicPassAndHttpIsServed) {
  const auto policy = written("");
  const NameHasher hash = NameHasher::random();
  const KernelPlan plan = policy->plan(hash);
  const PlanLookup kernel(plan, hash);
  const Address client = *Address::parse("10.0.0.1"), dest = *Address::parse("2001:db8::1");
  EXPECT_EQ(kernel.at_syn(client, dest, 443, IPPROTO_TCP).values.at_syn, WEIR_CELL_pass);
  EXPECT_EQ(kernel.at_syn(client, dest, 443, IPPROTO_UDP).values.at_syn, WEIR_CELL_pass);
  EXPECT_EQ(kernel.at_syn(client, dest, 80, IPPROTO_TCP).values.at_syn, WEIR_CELL_escalate);
  EXPECT_EQ(plan.id, 1u);
}

TEST(Plan, OnlyPassKeepsHttpOnTheWire) {
  const auto policy = written(R"(
    [[rule]]
    client = ["10.0.0.1"]
    action = "pass"
    [[rule]]
    client = ["10.0.0.2"]
    action = "allow"
    [[rule]]
    client = ["10.0.0.3"]
    action = "block"
  )");
  const NameHasher hash = NameHasher::random();
  const KernelPlan plan = policy->plan(hash);
  const PlanLookup kernel(plan, hash);
  const auto at_80 = [&](std::string_view client) {
    return kernel.at_syn(*Address::parse(client), {}, 80, IPPROTO_TCP).values;
  };
  EXPECT_EQ(at_80("10.0.0.1").at_syn, WEIR_CELL_pass);
  EXPECT_EQ(at_80("10.0.0.1").rule, 1);
  EXPECT_EQ(at_80("10.0.0.2").at_syn, WEIR_CELL_escalate);
  EXPECT_EQ(at_80("10.0.0.3").at_syn, WEIR_CELL_block);
}

TEST(Plan, AnExemptPrefixWinsOverLongerOnesInside) {
  const auto policy = written(R"(
    [[rule]]
    client = ["10.0.0.1", "0.0.0.0/0"]
    action = "block"
  )",
                              R"(exempt = ["10.0.0.0/8"])");
  const NameHasher hash = NameHasher::random();
  const KernelPlan plan = policy->plan(hash);
  const PlanLookup kernel(plan, hash);
  const auto row = [&](std::string_view client) {
    return kernel.at_syn(*Address::parse(client), {}, 443, IPPROTO_TCP);
  };
  EXPECT_TRUE(row("10.0.0.1").exempt);
  EXPECT_TRUE(row("10.0.0.2").exempt);
  EXPECT_FALSE(row("11.0.0.1").exempt);
  EXPECT_EQ(row("11.0.0.1").values.at_syn, WEIR_CELL_block);
}

TEST(Plan, NamesOfOneListShareAClass) {
  config::Config config;
  config.lists.push_back({.name = "ads"});
  config.rules.push_back(blocks(&config::Rule::host, {.kind = config::Match::Kind::reference, .text = "ads"}));
  NameList ads;
  for (int n = 0; n < 10000; ++n) ads.add("ad" + std::to_string(n) + ".example", NameList::Kind::exact);
  const auto policy = Snapshot::build(config, {{"ads", std::make_shared<NameList>(ads)}}, 1);
  const KernelPlan plan = policy->plan(NameHasher::random());
  EXPECT_EQ(plan.names.size(), 10000u);
  EXPECT_EQ(plan.name_classes, 2u);
  EXPECT_EQ(plan.cells.size(), plan.rows.size() * plan.name_classes);
}

/// What does not fit must never be answered wrongly: it escalates.
class Limits : public testing::Test {
 protected:
  /// Looks at every flow through both readers.  Counts those that the kernel leaves to the daemon though it need not.
  template <class FlowOf>
  void compare(int flows, FlowOf flow_of) {
    policy_ = Snapshot::build(config_, lists_, 1);
    const NameHasher hash = NameHasher::random();
    plan_ = policy_->plan(hash);
    const PlanLookup kernel(plan_, hash);
    for (int n = 0; n < flows; ++n) {
      const auto [facts, name] = flow_of(n);
      const Facts with_name{
          .client = facts.client, .dest = facts.dest, .port = facts.port, .name = name, .mac = facts.mac};
      const auto row = kernel.at_syn(facts.client, facts.dest, facts.port, IPPROTO_TCP, facts.mac);
      const int cell = row.values.at_syn != WEIR_CELL_escalate ? row.values.at_syn : kernel.at_hello(row, name);
      const bool blocked = policy_->evaluate(Stage::hello, with_name).action == Action::block;
      if (cell == WEIR_CELL_escalate) {
        ++escalated_;
      } else {
        ASSERT_EQ(cell, blocked ? WEIR_CELL_block : WEIR_CELL_pass) << n;
        ++(blocked ? blocked_ : passed_);
      }
    }
  }

  /// A list of those of `names` names whose number has bit `l`.
  template <class NameOf>
  void add_list(int l, int names, NameOf name_of) {
    config_.lists.push_back({.name = std::to_string(l)});
    NameList content;
    for (int n = 0; n < names; ++n) {
      if (n >> l & 1) content.add(name_of(n), NameList::Kind::exact);
    }
    lists_[std::to_string(l)] = std::make_shared<NameList>(std::move(content));
  }

  config::Config config_;
  NameLists lists_;
  std::shared_ptr<const Snapshot> policy_;
  KernelPlan plan_;
  int escalated_ = 0, blocked_ = 0, passed_ = 0;
};

// 13 groups and every combination of them: 8,192 kinds of clients.
TEST_F(Limits, ClientsBeyondTheClassesEscalate) {
  constexpr int groups = 13;
  const auto client = [](int n) { return Address::v4(10u << 24 | n); };
  for (int g = 0; g < groups; ++g) {
    config_.groups.push_back({.name = std::to_string(g)});
    for (int n = 0; n < 1 << groups; ++n) {
      if (n >> g & 1) config_.groups.back().clients.push_back({client(n), 128});
    }
    config::Rule rule =
        blocks(&config::Rule::client, {.kind = config::Match::Kind::reference, .text = std::to_string(g)});
    rule.host.push_back({.kind = config::Match::Kind::subtree, .text = "bad" + std::to_string(g) + ".example"});
    config_.rules.push_back(rule);
  }
  compare(1 << groups, [&](int n) {
    return std::pair(Facts{.client = client(n), .port = 443}, "bad" + std::to_string(n % groups) + ".example");
  });
  EXPECT_EQ(plan_.over_limit.at(0), "8,192 kinds of clients, the kernel keeps 4,095 apart");
  EXPECT_LE(plan_.rows.size(), std::size_t{WEIR_MAX_ROWS});
  EXPECT_GE(escalated_, 4096);
  EXPECT_GT(blocked_, 1000);
  EXPECT_GT(passed_, 1000);
}

// 300 kinds of addresses and 300 of devices: 90,000 pairs, most of which are a class of their own.
TEST_F(Limits, DevicesBeyondThePairsEscalate) {
  const auto address = [](int n) { return Address::v4(10u << 24 | n); };
  const auto device = [](int n) {
    return Mac{{2, 0, 0, 0, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)}};
  };
  for (int n = 0; n < 300; ++n) {
    config_.rules.push_back(blocks(&config::Rule::client, {.kind = config::Match::Kind::mac, .mac = device(n)}));
    if (n % 2 == 0) config_.rules.back().action = Action::allow;
  }
  for (int n = 0; n < 300; ++n) {
    config_.rules.push_back(
        blocks(&config::Rule::client, {.kind = config::Match::Kind::prefix, .prefix = {address(n), 128}}));
  }
  compare(301 * 301, [&](int n) {
    return std::pair(Facts{.client = address(n % 301), .port = 443, .mac = device(n / 301)}, std::string());
  });
  EXPECT_EQ(plan_.over_limit.size(), 2u);
  EXPECT_LE(plan_.pairs.size(), std::size_t{WEIR_MAX_PAIRS});
  EXPECT_GT(escalated_, 20000);
  EXPECT_GT(blocked_, 1000);
  EXPECT_GT(passed_, 1000);
}

// Of rules that no device can meet only the outcome tells addresses apart.
TEST(Plan, ClassesOfAddressesDoNotMultiplyForADeviceThatMakesNoDifference) {
  std::string text = "[[rule]]\nclient = [\"02:00:5e:10:00:01\"]\naction = \"block\"\n";
  for (int n = 0; n < 40; ++n) {
    text += "[[rule]]\nclient = [\"10.0.0.0/8\", \"!10.0.0." + std::to_string(n) + "\"]\naction = \"allow\"\n";
  }
  const KernelPlan plan = written(text)->plan(NameHasher::random());
  std::set<std::uint16_t> classes;
  for (const auto& [prefix, of] : plan.clients) classes.insert(of);
  EXPECT_EQ(classes.size(), 41u);
  EXPECT_EQ(plan.pairs.size(), 42u) << "one for each of them, and for whoever is in no prefix";
  ASSERT_EQ(plan.macs.size(), 1u);
  EXPECT_EQ(plan.macs[0].second.mac_class, 1);
}

// 300 kinds of clients and 300 of destinations: 90,000 pairs.
TEST_F(Limits, PairsBeyondTheIndexEscalate) {
  const auto address = [](int n) { return Address::v4(10u << 24 | n); };
  for (int n = 0; n < 300; ++n) {
    config::Rule rule =
        blocks(&config::Rule::client, {.kind = config::Match::Kind::prefix, .prefix = {address(n), 128}});
    rule.dest.push_back({.kind = config::Match::Kind::prefix, .prefix = {address(n), 128}});
    config_.rules.push_back(rule);
  }
  compare(300 * 300, [&](int n) {
    return std::pair(Facts{.client = address(n % 300), .dest = address(n / 300), .port = 443}, std::string());
  });
  ASSERT_EQ(plan_.over_limit.size(), 1u);
  EXPECT_LE(plan_.row_index.size(), 65536u);
  EXPECT_GT(escalated_, 20000);
  EXPECT_GT(blocked_, 50);
  EXPECT_GT(passed_, 20000);
}

// 100 rules by client and 100 by destination: 10,000 pairs, in each of which other rules are left to the name.
TEST_F(Limits, SequencesOfRulesBeyondTheRowsEscalate) {
  const auto address = [](int n) { return Address::v4(10u << 24 | n); };
  for (const auto side : {&config::Rule::client, &config::Rule::dest}) {
    for (int n = 0; n < 100; ++n) {
      config::Rule rule = blocks(side, {.kind = config::Match::Kind::prefix, .prefix = {address(n), 128}});
      rule.host.push_back({.kind = config::Match::Kind::subtree, .text = std::to_string(n % 2) + ".example"});
      config_.rules.push_back(rule);
    }
  }
  compare(100 * 100, [&](int n) {
    return std::pair(Facts{.client = address(n % 100), .dest = address(n / 100), .port = 443},
                     std::string("0.example"));
  });
  ASSERT_EQ(plan_.over_limit.size(), 1u);
  EXPECT_EQ(plan_.rows.size(), std::size_t{WEIR_MAX_ROWS});
  EXPECT_GT(escalated_, 5000);
  EXPECT_GT(blocked_, 1000);
  EXPECT_GT(passed_, 500);
}

// 17 lists and every combination of them: 131,072 kinds of names.
TEST_F(Limits, NamesBeyondTheClassesEscalate) {
  constexpr int lists = 17;
  const auto name = [](int n) { return std::to_string(n) + ".example"; };
  for (int l = 0; l < lists; ++l) {
    add_list(l, 1 << lists, name);
    config_.rules.push_back(
        blocks(&config::Rule::host, {.kind = config::Match::Kind::reference, .text = std::to_string(l)}));
    if (l % 2 == 1) config_.rules.back().action = Action::allow;
  }
  compare(1 << lists, [&](int n) { return std::pair(Facts{.port = 443}, name(n)); });
  EXPECT_EQ(plan_.over_limit.at(0), "131,072 kinds of names, the kernel keeps 65,535 apart");
  EXPECT_EQ(plan_.name_classes, 65536u);
  EXPECT_EQ(escalated_, 131072 - 65535);
  EXPECT_GT(blocked_, 10000);
  EXPECT_GT(passed_, 10000);
}

// 2,048 kinds of clients leave room for 8,188 kinds of names, of which there are 8,192.
TEST_F(Limits, CellsStayWithinTheirMemory) {
  constexpr int lists = 13, by_client = 11;
  const auto client = [](int n) { return Address::v4(10u << 24 | n); };
  const auto name = [](int n) { return std::to_string(n) + ".example"; };
  for (int l = 0; l < lists; ++l) {
    add_list(l, 1 << lists, name);
    config::Rule rule =
        blocks(&config::Rule::host, {.kind = config::Match::Kind::reference, .text = std::to_string(l)});
    for (int n = 0; n < 1 << by_client && l < by_client; ++n) {
      if (n >> l & 1) rule.client.push_back({.kind = config::Match::Kind::prefix, .prefix = {client(n), 128}});
    }
    if (l >= by_client) rule.action = Action::allow;
    config_.rules.push_back(std::move(rule));
  }
  compare(20000,
          [&](int n) { return std::pair(Facts{.client = client(n % 2048), .port = 443}, name(n / 3 * 7919 % 8192)); });
  EXPECT_EQ(plan_.over_limit.size(), 1u);
  EXPECT_LE(plan_.cells.size(), std::size_t{WEIR_MAX_CELL_BYTES});
  EXPECT_LT(plan_.name_classes, 8192u);
  EXPECT_GT(plan_.rows.size(), 2000u);
  EXPECT_GT(escalated_, 0);
  EXPECT_GT(blocked_, 10000);
  EXPECT_GT(passed_, 200);
}

}  // namespace
}  // namespace weir::policy
