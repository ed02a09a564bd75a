// The desk of the gateway that runs: the world's state in the words of the control protocol.
#pragma once

#include <optional>
#include <string>

#include "control/desk.h"
#include "run/world.h"

namespace weir::control {

/// The texts of the configuration files as one number: what runs against what lies on disk.
class Print {
 public:
  void add(std::string_view text);
  /// Six hexadecimal digits, for people.
  std::string text() const;
  friend bool operator==(const Print&, const Print&) = default;

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325;  // FNV-1a: no adversary, the operator compares his own files
};

/// Of what lies on disk now; empty when a file cannot be read.
std::optional<Print> print_of(const std::vector<std::string>& files);

class WorldDesk : public Desk {
 public:
  /// Soon after `world` was loaded: what lies on disk now is taken for what runs.  `version`: "0.1.0".
  WorldDesk(run::World& world, std::string version);

  Status situation() override;
  std::string ailment() override { return world_.ailment(); }
  const account::Books& books() override { return world_.books(); }
  std::array<std::uint64_t, WEIR_WIRE_REASONS> wire() override { return world_.kernel().counters(); }
  cache::Store& cache() override { return world_.cache(); }
  const policy::Snapshot& policy() override { return world_.policy(); }
  policy::Moment moment() override;
  Lists lists() override;
  std::expected<ListDiff, std::string> difference(const std::string& list) override;
  ListChanged accept(const std::string& list) override { return changed(list, world_.accept_list(list)); }
  ListChanged except(const std::string& list, const std::string& name, bool again) override {
    return changed(list, world_.except_from_list(list, name, again));
  }
  HandChanged change_by_hand(config::Change change) override;
  HandChanged undo(unsigned number) override;
  /// Also what SIGHUP does: the configuration, and the logs opened anew.  Says in the log what came of it.
  Reloaded reload() override;

 private:
  /// In force, changes by hand included.
  const config::Config& config() const { return world_.policy().config(); }
  void say(const Reloaded& reloaded) const;
  std::uint64_t names() const;
  Times times() const;
  ListLine line(const config::List& list);
  HandChange line(const config::Change& change) const;
  HandChanged told(run::World::Changed changed) const;
  ListChanged changed(const std::string& list, std::string failure) const;

  run::World& world_;
  std::string version_;
  std::optional<Print> in_force_;
};

}  // namespace weir::control
