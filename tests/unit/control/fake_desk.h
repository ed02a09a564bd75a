// A desk with a small policy behind it, and whatever a test wants it to say.
#pragma once

#include "control/desk.h"

namespace weir::control {

class FakeDesk : public Desk {
 public:
  FakeDesk() : books_(1, {}) {
    config::Config config;
    config::Rule ads{.name = "ads", .action = Action::block, .where = {"weir.toml", 41, 1}};
    ads.host.push_back({.kind = config::Match::Kind::subtree, .text = "ads.example", .where = {"weir.toml", 43, 9}});
    config.rules.push_back(ads);
    config.groups.push_back({.name = "kids", .clients = {*Prefix::parse("10.0.0.0/8")}, .where = {}});
    config.gateway.exempt.push_back(*Prefix::parse("192.0.2.0/24"));
    policy_ = policy::Snapshot::build(config, {}, 1);
  }

  Status situation() override {
    Status s;
    s.version = "0.1.0";
    s.state = state_;
    s.by_hand = by_hand_;
    s.policy.config = "7c1e4a";
    s.policy.rules = 1;
    s.tier.takeover = true;
    return s;
  }
  std::string ailment() override { return ailment_; }
  const account::Books& books() override { return books_; }
  std::array<std::uint64_t, WEIR_WIRE_REASONS> wire() override { return wire_; }
  cache::Store& cache() override { return cache_; }
  const policy::Snapshot& policy() override { return *policy_; }
  Slow slow() override { return slow_; }
  policy::Moment moment() override { return moment_; }
  ClientList clients() override { return {.clients = {{.name = "tablet-1", .connections = 2}}, .most = 4096}; }
  std::optional<Who> who(const std::string& client) override {
    if (client == "tablet-1" || client == "tablet")
      return Who{*Address::parse("10.0.0.7"), Mac::parse("02:00:5e:10:00:01"), "tablet-1"};
    if (const auto address = Address::parse(client)) return Who{.address = *address, .mac = {}, .name = {}};
    return {};
  }
  Lists lists() override { return {.lists = {{.name = "ads", .names = 3, .held = "it is empty"}}}; }
  std::expected<ListDiff, std::string> difference(const std::string& list) override {
    if (list != "ads") return std::unexpected("no update of " + list + " is held");
    return ListDiff{.list = list, .added = 1, .refused = {{"cdn.example", 5}}};
  }
  ListChanged accept(const std::string& list) override {
    changes_.push_back("accept " + list);
    return {.done = list == "ads", .list = list, .failure = list == "ads" ? "" : "there is no list " + list};
  }
  ListChanged except(const std::string& list, const std::string& name, bool again) override {
    changes_.push_back((again ? "again " : "except ") + list + ' ' + name);
    return {.done = true, .list = list};
  }
  HandChanged change_by_hand(config::Change change) override {
    std::string text = std::string(word(change)) + " for " + std::to_string(change.until != 0);
    for (const std::string& host : change.host) text += ' ' + host;
    for (const std::string& client : change.client) text += " of " + client;
    changes_.push_back(text);
    return {.done = true, .change = {.number = 7}};
  }
  HandChanged undo(unsigned number) override {
    changes_.push_back("undo " + std::to_string(number));
    return {.done = number == 7};
  }
  Reloaded reload(std::optional<std::chrono::seconds> window) override {
    ++reloads_;
    window_ = window;
    return reloaded_;
  }
  std::expected<Reloaded, std::string> confirm() override {
    if (!window_) return std::unexpected("nothing waits to be confirmed");
    return reloaded_;
  }
  std::expected<Reloaded, std::string> roll_back() override { return reloaded_; }
  std::expected<Drain, std::string> drain(bool undo) override {
    if (undo && !drained_) return std::unexpected("nothing to undo");
    drained_ = !undo;
    return Drain{.state = drained_ ? "draining" : "running", .held = 3};
  }
  ConfigDiff config_difference() override { return {.config = "7c1e4a", .disk = "9d20b1"}; }
  std::vector<Event> events(std::int64_t time) override {
    asked_since_ = time;
    return {{.ts = 7, .what = "started"}};
  }

  account::Books books_;
  std::string ailment_;
  std::string state_ = "running";
  std::vector<HandChange> by_hand_;
  cache::Store cache_{1 << 20};
  std::array<std::uint64_t, WEIR_WIRE_REASONS> wire_{};
  std::shared_ptr<const policy::Snapshot> policy_;
  policy::Moment moment_;
  Slow slow_;
  Reloaded reloaded_;
  int reloads_ = 0;
  std::optional<std::chrono::seconds> window_;
  bool drained_ = false;
  std::int64_t asked_since_ = -1;
  std::vector<std::string> changes_;
};

}  // namespace weir::control
