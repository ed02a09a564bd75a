// What the control socket can be asked, as values: whoever runs the gateway sits behind this desk, and does not know of
// HTTP or JSON.  All of it happens on the control thread.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>

#include "account/ledger.h"
#include "cache/store.h"
#include "config/by_hand.h"
#include "policy/policy.h"
#include "weir/control.h"
#include "weir/wire.h"

namespace weir::control {

class Desk {
 public:
  virtual ~Desk() = default;

  /// version, state, started, workers, policy (all but `rules`), times, tier and events; whatever else stands in a
  /// Status is filled in from the counters.
  virtual Status situation() = 0;
  /// Why new connections follow on_failure at this moment; "" = they are judged.
  virtual std::string ailment() = 0;
  virtual const account::Books& books() = 0;
  /// Packets and flows in the kernel by weir_wire_reason, since the start of the daemon.
  virtual std::array<std::uint64_t, WEIR_WIRE_REASONS> wire() = 0;
  virtual cache::Store& cache() = 0;
  /// In force; the reference holds until the next reload().
  virtual const policy::Snapshot& policy() = 0;
  /// What the gateway's clock shows now.
  virtual policy::Moment moment() = 0;
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
  virtual Reloaded reload() = 0;
};

}  // namespace weir::control
