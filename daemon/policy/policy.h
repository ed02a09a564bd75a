// Rules, compiled: one immutable Snapshot that every worker reads, and the plan by which the kernel says the same.
// Sans-I/O.  Rules are conjunctions of conditions on facts; a condition is yes, no or unknown (Kleene).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/addr.h"
#include "base/calendar.h"
#include "base/mac.h"
#include "base/name.h"
#include "clients/devices.h"
#include "config/config.h"
#include "policy/name_list.h"
#include "weir/wire.h"
#include "weir/words.h"

namespace weir::clients {
class Directory;
}

namespace weir::policy {

/// What is known of a connection.  `name` is meaningful from Stage::hello on.
struct Facts {
  Address client;
  Address dest;
  std::uint16_t port = 0;
  std::string_view name;        ///< normalised server name or Host; empty = the connection named nobody (`unnamed`)
  std::optional<Mac> mac = {};  ///< of the client's frames; empty: none, or not known
};

/// What the gateway's clock shows; empty: it was never set.  Then timed rules that refuse are in force, others are not.
using Moment = std::optional<Wall>;

/// The answer of a stage: what is done.  Under gateway.observe nothing is refused.  Not decided = a rule that could
/// still win, now or at another hour, depends on a fact of a later stage.
struct Verdict {
  bool decided = false;
  Action action = Action::allow;
  int rule = -1;        ///< index into Config::rules; -1 = no rule matched: allow.  Where all that could still win
                        ///< agree before the name is known: the last of them, which matches by what is known
  bool unseen = false;  ///< a host condition was answered "no" (or, by `unseen`, "yes") for want of a name, and all
                        ///< else in its rule matched
  int shadow = -1;      ///< the rule that gateway.observe kept from refusing, else the first that would have decided,
                        ///< were it not for its `shadow`
};

/// The sets of names that rules can refer to: "ads", or "ut1/adult" for a list that comes in categories.  Generations
/// of a policy share what did not change between them.
using NameLists = std::map<std::string, std::shared_ptr<const NameList>>;

/// One step of an explanation: why a rule matched or not, or what is missing to know.
struct Step {
  enum class Answer : std::uint8_t { no, yes, unknown };
  int rule;
  Answer answer;
  std::string because;  ///< "client 10.0.0.5 is not in @kids", "host is known only from the hello"
};

struct Explanation {
  Verdict at_syn;
  Verdict at_hello;
  Depth depth;                ///< at which the connection would be handled
  std::string depth_because;  ///< "port 80 is HTTP: served", "decided by client alone: stays on the wire"
  std::vector<Step> steps;    ///< at the deciding stage, rules in order, up to the deciding one; none if not judged
};

/// How much a client may have; nothing is said of what is 0.
struct Allowance {
  Rate arrivals;             ///< new connections
  unsigned connections = 0;  ///< at once
};

struct KernelPlan;

/// What the names of devices mean that groups and rules use.
std::shared_ptr<const clients::Devices> devices_in(const config::Config& config, const clients::Directory& directory);

/// Whose on_failure is not the gateway's, or is said once more; each once.  A device goes before a prefix, and of
/// nested prefixes the longest decides.
struct Failures {
  std::vector<std::pair<Prefix, OnFailure>> prefixes = {};
  std::vector<std::pair<Mac, OnFailure>> macs = {};

  bool operator==(const Failures&) const = default;
  /// Whether any of them is closed.
  bool close_some() const;
};
/// Whoever observes refuses nothing, also when it cannot judge: none then.
Failures failures(const config::Config& config, const clients::Devices& devices);
/// The gateway's own.
OnFailure failure(const config::Config& config);
/// Whether any client is closed.
bool guarded(const config::Config& config, const clients::Devices& devices);

/// The first moment behind `now` at which other rules come into force; empty when that is more than a year away.
std::optional<std::chrono::sys_seconds> next_change(const std::vector<config::Rule>& rules,
                                                    std::chrono::sys_seconds now, Zone zone);

class Snapshot {
 public:
  /// Compiles checked configuration for a moment: rules whose time it is not do not exist.  `lists` holds the content
  /// of every Config::lists entry; a name below NAME/ is a category of it, and "@NAME" means all of them.
  /// `devices`: what names of devices mean; null: nothing.
  static std::shared_ptr<const Snapshot> build(config::Config config, const NameLists& lists, std::uint32_t id,
                                               const Moment& moment = {},
                                               std::shared_ptr<const clients::Devices> devices = {});
  /// The same rules where names of devices mean something else; what was compiled for host names is shared.
  std::shared_ptr<const Snapshot> with(std::shared_ptr<const clients::Devices> devices, const Moment& moment,
                                       std::uint32_t id) const;
  /// The same rules at another moment; what was compiled is shared.
  std::shared_ptr<const Snapshot> at(const Moment& moment, std::uint32_t id) const;
  /// Whether other rules are in force at the moment than in this snapshot.
  bool changes_at(const Moment& moment) const;
  /// Whether the rule is in force in this snapshot.
  bool in_force(std::size_t rule) const;
  ~Snapshot();

  /// First match wins.  O(rules) with one hash probe a label for names.
  Verdict evaluate(Stage stage, const Facts& facts) const;
  /// Whoever observes limits nobody.
  Allowance allowance(const Address& client, const std::optional<Mac>& mac) const;
  /// Never touched, not even counted.
  bool exempt(const Address& client, const Address& dest) const;
  /// By the rules that are in force at the moment.  `takeover_available`: the kernel can hand over connections that
  /// began on the wire.
  Explanation explain(const Facts& facts, bool takeover_available, const Moment& moment = {}) const;
  /// What the kernel needs to say the same at the stages syn and hello.  On HTTP ports only `pass` stays on the wire:
  /// an allowed connection there is served, so its row escalates.
  KernelPlan plan(const NameHasher& hash) const;

  const config::Config& config() const;
  const std::shared_ptr<const clients::Devices>& devices() const;
  std::uint32_t id() const;
  /// Where the rule of a verdict leads instead of what the client dialled; "" = nowhere else.  Lives as long as this.
  std::string_view dial(const Verdict& verdict) const;
  /// The groups in which a client is.
  std::vector<std::string> groups_of(const Address& client, const std::optional<Mac>& mac) const;
  /// What `shadow` of a verdict would have done; empty for -1.
  std::optional<Action> would(const Verdict& verdict) const;
  /// "ads", or "rule 3" for a rule without a name; "" for -1.
  std::string rule_name(int rule) const;

  struct Impl;  // impl.h, for this room only
 private:
  explicit Snapshot(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The tables of include/weir/wire.h as values.
struct KernelPlan {
  std::vector<std::pair<Prefix, std::uint16_t>> clients;  ///< class of the longest match; WEIR_CLASS_exempt included
  std::vector<std::pair<Prefix, std::uint16_t>> dests;
  std::vector<std::pair<Prefix, std::uint16_t>> failures;  ///< 1 = closed
  std::vector<std::pair<weir_mac, weir_device>> macs;
  std::vector<std::pair<weir_pair, std::uint16_t>> pairs;
  std::vector<weir_limit> limits;  ///< by class of client; none: nobody is limited
  std::vector<std::pair<weir_row_key, std::uint32_t>> row_index;
  std::vector<weir_row> rows;                                    ///< [0] escalates
  std::vector<std::pair<std::uint64_t, weir_name_class>> names;  ///< each hash once
  std::vector<std::uint8_t> cells;                               ///< rows x name_classes
  std::uint32_t name_classes = 1;
  std::uint32_t id = 0;
  std::vector<std::string> over_limit;  ///< what did not fit and therefore escalates, for --check
};

}  // namespace weir::policy
