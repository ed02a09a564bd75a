// The desk of the gateway that runs: the world's state in the words of the control protocol.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "control/chronicle.h"
#include "control/desk.h"
#include "control/editions.h"
#include "control/slowness.h"
#include "run/world.h"

namespace weir::control {

class WorldDesk : public Desk {
 public:
  /// `version`: "0.1.0".
  WorldDesk(run::World& world, std::string version);

  Status situation() override;
  std::string ailment() override { return world_.ailment(); }
  const account::Books& books() override { return world_.books(); }
  std::array<std::uint64_t, WEIR_WIRE_REASONS> wire() override { return world_.kernel().counters(); }
  cache::Store& cache() override { return world_.cache(); }
  const policy::Snapshot& policy() override { return world_.policy(); }
  Slow slow() override;
  policy::Moment moment() override;
  ClientList clients() override;
  std::optional<Who> who(const std::string& client) override;
  Lists lists() override;
  std::expected<ListDiff, std::string> difference(const std::string& list) override;
  ListChanged accept(const std::string& list) override;
  ListChanged except(const std::string& list, const std::string& name, bool again) override;
  HandChanged change_by_hand(config::Change change) override;
  HandChanged undo(unsigned number) override;
  /// Also what SIGHUP does: the configuration, and the logs opened anew.  Says in the log what came of it.
  Reloaded reload(std::optional<std::chrono::seconds> window) override;
  std::expected<Reloaded, std::string> confirm() override;
  std::expected<Reloaded, std::string> roll_back() override;
  std::expected<Drain, std::string> drain(bool undo) override;
  ConfigDiff config_difference() override;
  std::vector<Event> events(std::int64_t time) override { return chronicle_.since(time); }

  /// What waits to be confirmed may have waited long enough.  Cheap when nothing does.
  void look_at_window();
  /// What things take now becomes a part of what is usual.  Cheap when it is not yet time.
  void look_at_times();
  /// For the history: whether origins answer.
  void look_at_reach();
  /// For the history: changes by hand end by themselves.  Cheap when none did.
  void look_at_changes();
  /// For the history: this run has ended as it should.
  void stopped();
  /// In a line: "running, config 7c1e4a, 12 rules".
  std::string state_line() const;

 private:
  /// In force, changes by hand included.
  const config::Config& config() const { return world_.policy().config(); }
  void say(const Reloaded& reloaded) const;
  std::uint64_t names() const;
  std::vector<NameTrouble> name_troubles() const;
  std::vector<std::string> full_clients() const;
  std::vector<std::string> nobody(const config::Change& change) const;
  Times times() const;
  double inside_ms() const;
  ListLine line(const config::List& list);
  HandChange line(const config::Change& change) const;
  HandChanged told(run::World::Changed changed) const;
  ListChanged changed(const std::string& list, std::string failure) const;
  std::string print() const;
  std::string state() const;
  Reloaded reloaded(run::World::Reload outcome) const;
  void note(std::string what, std::string text = {}, std::string config = {});
  void note(const char* what, const Reloaded& reloaded);
  void note(const char* what, const config::Change& change);

  run::World& world_;
  std::string version_;
  Editions editions_;
  Chronicle chronicle_;
  Slowness slowness_;
  std::optional<account::Reach::Silence> silence_;  // of the last look
  std::array<Monotonic, 2> silent_seen_{};          // IPv4, IPv6
  std::uint64_t unjudged_ = 0;                      // connections that followed on_failure, at the last look
  std::int64_t unjudged_at_ = 0;
};

}  // namespace weir::control
