// What the control socket can be asked, as values: whoever runs the gateway sits behind this desk, and does not know of
// HTTP or JSON.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "account/ledger.h"
#include "cache/store.h"
#include "config/by_hand.h"
#include "policy/policy.h"
#include "weir/control.h"
#include "weir/wire.h"

namespace weir::control {

/// A client, as an operator names one: by address, hardware address or name.
struct Who {
  Address address;         ///< unspecified: none is known, and no rule names it
  std::optional<Mac> mac;  ///< as it was seen last, or as a lease says
  std::string name;        ///< "" = nobody gives it one
};

/// What any thread may read at any time, whatever the others do.
class Gauges {
 public:
  virtual ~Gauges() = default;

  /// Why new connections follow on_failure at this moment, and since when; "" = they are judged.
  virtual std::string ailment() = 0;
  virtual const account::Books& books() = 0;
  /// Packets and flows in the kernel by weir_wire_reason, since the start of the daemon.
  virtual std::array<std::uint64_t, WEIR_WIRE_REASONS> wire() = 0;
  virtual cache::Store& cache() = 0;
};

/// The rest happens on the control thread.
class Desk : public Gauges {
 public:
  /// version, state, started, workers, policy, times, tier and events; whatever else stands in a
  /// Status is filled in from the counters.
  virtual Status situation() = 0;
  /// In force; the reference holds until the next reload() or roll_back().
  virtual const policy::Snapshot& policy() = 0;
  /// What is slow, against what is usual.
  virtual Slow slow() = 0;
  /// What the gateway's clock shows now.
  virtual policy::Moment moment() = 0;
  /// All but `now`.
  virtual ClientList clients() = 0;
  /// Empty: it is neither an address nor a hardware address nor the name of a device that is known.
  virtual std::optional<Who> who(const std::string& client) = 0;
  /// All but `now`.
  virtual Lists lists() = 0;
  /// What the held update of a list would change, or why that cannot be said.
  virtual std::expected<ListDiff, std::string> difference(const std::string& list) = 0;
  /// These may take seconds; no other question is answered meanwhile.
  virtual ListChanged accept(const std::string& list) = 0;
  /// `name`, normalised, with a dot in front when it means what is below too, is not in the list any more; with `again`
  /// it may be.
  virtual ListChanged except(const std::string& list, const std::string& name, bool again) = 0;
  /// `change` without number and since.
  virtual HandChanged change_by_hand(config::Change change) = 0;
  virtual HandChanged undo(unsigned number) = 0;
  /// `window`: within which it has to be confirmed, or goes back.
  virtual Reloaded reload(std::optional<std::chrono::seconds> window) = 0;
  /// Errors of these three: why there is nothing to do.
  virtual std::expected<Reloaded, std::string> confirm() = 0;
  virtual std::expected<Reloaded, std::string> roll_back() = 0;
  /// `undo`: new connections are judged again.
  virtual std::expected<Drain, std::string> drain(bool undo) = 0;
  virtual ConfigDiff config_difference() = 0;
  /// Of `time` and later.
  virtual std::vector<Event> events(std::int64_t time) = 0;
};

}  // namespace weir::control
