// Everything that runs, in the order in which it is made, and the changes that an operator may ask for.
//
//   config -> guard (closed) -> kernel programs -> workers with their listeners -> policy -> rules, routes, nft -> beat
//   -> attach: from here on connections arrive
//
// The way down is the way up, backwards.  Everything here belongs to the control thread.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "account/ledger.h"
#include "base/name.h"
#include "load/load.h"
#include "policy/policy.h"
#include "run/list_keeper.h"
#include "run/name_watch.h"
#include "run/pulse.h"
#include "run/worker.h"
#include "steer/footprint.h"
#include "steer/kernel.h"
#include "steer/links.h"

namespace weir::run {

class World {
 public:
  /// Brings the gateway up, or says what is in the way and leaves the host as it was found.
  static std::expected<std::unique_ptr<World>, steer::Obstacle> start(std::string path, load::Loaded loaded);
  ~World();

  struct Reload {
    bool done = false;
    std::vector<config::Diagnostic> diagnostics;  ///< all mistakes when refused, else warnings
    std::vector<std::string> waiting;             ///< keys whose change takes effect at the next start
    std::uint64_t reset = 0;                      ///< passing connections that the new rules refuse
  };
  /// Puts another configuration in force.  All or nothing: with any mistake the old one stays.
  Reload reload(load::Loaded next);

  /// Lists of a URL: asks for what is due, and puts what came in force or holds it.  Cheap when there is nothing.
  void tend_lists();
  struct Changed {
    std::string failure;       ///< why it is not; "" = it is in force
    std::string suggestion;    ///< what would be right; may be empty
    config::Change change;     ///< what holds now, or, of an undone one, what held
    std::string overrides;     ///< the rule of the file that refuses what is opened, and where it stands; ""
    std::string overrides_at;  ///< = none known
    struct Held {
      std::string name;  ///< "" = whatever names no host
      std::string rule, at;
    };
    std::vector<Held> held;    ///< what locked rules refuse still of that which is opened
    std::string unkept;        ///< why it will not outlive this run; "" = it will
    std::uint64_t reset = 0;   ///< passing connections that are refused now
    std::uint64_t unread = 0;  ///< that go on, since nobody read the name that would decide
  };
  /// A held update comes into force as it is.  What went wrong in words, else "".
  std::string accept_list(const std::string& name);
  /// `name`, "x.example" or ".x.example", is not in the list any more; with `again` it may be.  A held update that has
  /// nothing else against it comes into force.
  Changed except_from_list(const std::string& list, const std::string& name, bool again);
  struct Difference {
    std::string failure;                                  ///< why there is none; "" = there is one
    std::uint64_t added = 0, removed = 0;                 ///< names
    std::vector<std::string> first_added, first_removed;  ///< a few of them; ".x" = x and what is below
    std::vector<account::BusyName> refused;               ///< in use, and refused from then on
  };
  /// What a held update would change.
  Difference difference(const std::string& list);
  /// Why the last update of a list failed, and when; "" = it did not.
  const ListKeeper::State& attempts(const std::string& list) { return lists_.state(list); }

  /// A change by hand comes into force, above the rules of the file; number and since are filled in.
  Changed change_by_hand(config::Change change);
  Changed undo(unsigned number);
  /// In force, the newest first.
  std::vector<config::Change> changes() const;
  /// Those whose time was over since the last call.
  std::vector<config::Change> take_ended() { return std::exchange(ended_, {}); }
  /// Why a change has no meaning beside the configuration in force; "" = it has.
  std::string idle(const config::Change& change) const;

  /// Interfaces and addresses may have changed: attaches to what appeared.  Cheap when nothing did.
  void look_around();

  /// The clock may have reached a time at which other rules come into force, or may have been set: puts those in force
  /// that it calls for.  Cheap when it calls for none.
  void look_at_clock();
  /// Leases may have come or gone: devices are called what they say, and rules mean who they say.  Cheap when none did.
  void look_at_names();
  /// When limits.memory is reached, gives back what is free.  Cheap while it is not.
  void tend_memory();
  /// When the rules in force change next; empty when they do not.
  std::optional<std::chrono::sys_seconds> next_change() const;

  /// The way out: no new connections, they follow on_failure.  Those that run end with the exchange that they are at.
  /// Non-blocking.
  void drain();
  /// The same for as long as the operator wants, but new connections pass, also where on_failure is "closed", as after
  /// a clean stop.
  void stand_aside();
  /// Takes new connections again, unless it is stopping.
  void come_back();
  /// Octets of all but the cache, and limits.memory; 0: any amount.
  std::uint64_t memory() const { return shared_->memory; }
  std::uint64_t most_memory() const { return shared_->most_memory; }
  bool out_of_memory() const { return shared_->out_of_memory; }
  unsigned held() const { return shared_->connections.load(); }
  bool drained() const { return held() == 0; }

  /// From any thread: whether every worker, and the thread that tells the kernel so, came round within `limit`.
  bool is_alive(Duration limit) const;

  const std::string& path() const { return path_; }
  const load::Loaded& loaded() const { return loaded_; }
  const policy::Snapshot& policy() const { return *terms_.policy; }
  const steer::Kernel& kernel() const { return *kernel_; }
  const account::Books& books() const { return *books_; }
  account::Books& books() { return *books_; }
  cache::Store& cache() { return shared_->cache; }
  unsigned workers() const { return workers_.size(); }
  WallTime started() const { return started_; }
  WallTime in_force_since() const { return in_force_since_; }
  /// First mistake of the last reload and when, if that was refused.
  const std::string& refused() const { return refused_; }
  WallTime refused_at() const { return refused_at_; }
  bool draining() const { return draining_; }
  /// From any thread: why new connections follow on_failure at this moment, and since when; "" = they are judged.
  std::string ailment() const;
  bool stopping() const { return stopping_; }

 private:
  World(std::string path, load::Loaded loaded);
  std::expected<void, steer::Obstacle> bring_up();
  std::expected<void, steer::Obstacle> open_workers();
  std::expected<void, steer::Obstacle> attach_links();
  std::expected<void, steer::Obstacle> follow_addresses();
  void detach_links();
  void limit_connections();
  void limit_memory();
  void find_links();
  void find_source();
  steer::Settings settings() const;
  steer::FootprintPlan footprint() const;
  Result<void> put_in_force(std::shared_ptr<const policy::Snapshot> policy);
  static policy::Moment present();
  std::shared_ptr<const policy::Snapshot> compile(const load::Loaded& loaded, std::uint32_t id) const {
    return compile(loaded, by_hand_, id);
  }
  std::shared_ptr<const policy::Snapshot> compile(const load::Loaded& loaded, const load::ByHand& by_hand,
                                                  std::uint32_t id) const;
  std::string keep_changes() const;
  Result<std::uint64_t> put_changes(load::ByHand next, std::shared_ptr<const policy::Snapshot> policy);
  void put_changes(load::ByHand next, const char* what, Changed& changed,
                   std::shared_ptr<const policy::Snapshot> policy);
  void recall_changes();
  void end_changes();
  void note_exception(Changed& changed, bool again);
  Changed undo_exception(const config::Change& exception);
  void number_exceptions();
  void examine(const config::Rule& rule, const policy::Snapshot& after, Changed& changed) const;
  std::uint64_t unread() const;
  void follow_clients();
  Result<void> judge_by(std::shared_ptr<const policy::Snapshot> policy);
  std::uint64_t reset_refused();
  void take_no_more();
  void follow_aside();

  Result<void> change(load::Loaded next, std::shared_ptr<const policy::Snapshot> policy);
  void guard_files(load::Loaded& next);
  void accept_unguarded();
  const config::List* find_list(const std::string& name) const;
  load::Loaded with_content(const config::List& list, load::ListContent content) const;
  std::expected<load::ListContent, std::string> held_content(const config::List& list) const;
  std::string take(const config::List& list, load::ListContent content, load::Kept kept, bool guarded);
  std::string objection_to(const config::List& list, const load::Loaded& next, const policy::Snapshot& policy) const;
  void consider(fetch::Fetched fetched);
  void consider_content(const config::List& list, fetch::Fetched fetched, load::Kept kept);
  std::string reconsider(const std::string& list);
  void keep_page(const std::string& list, const load::Kept& kept);

  Fd claim_;  // this network namespace is ours
  std::string path_;
  load::Loaded loaded_;
  NameHasher hasher_ = NameHasher::random();
  Terms terms_;
  std::uint32_t next_id_ = 1;
  load::ByHand by_hand_;
  std::vector<config::Change> ended_;
  ListKeeper lists_;
  NameWatch watch_;
  bool names_changed_ = false;  // and rules may depend on them
  Monotonic next_names_{};      // not before
  Policies policies_;
  std::optional<steer::Monitor> monitor_;
  std::vector<steer::Link> links_;
  std::vector<std::string> wan_;
  std::vector<Address> own_;
  bool nat_ = false;
  bool touched_ = false;      // something was added to the host, or may have been
  bool guard_stays_ = false;  // the guard of a daemon that crashed: a start that fails does not take it down

  std::optional<steer::Kernel> kernel_;
  std::unique_ptr<Shared> shared_;
  std::unique_ptr<account::Books> books_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Pulse> pulse_;

  WallTime started_{};
  WallTime in_force_since_{};
  std::string refused_;
  WallTime refused_at_{};
  bool draining_ = false;
  bool aside_ = false;  // by the operator's word
  bool stopping_ = false;
  Monotonic next_trim_{};
  Duration trim_pause_{};
  Monotonic next_try_{};  // of rules whose time has come, after the kernel refused them
};

}  // namespace weir::run
