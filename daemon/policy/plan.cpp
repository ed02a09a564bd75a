// The policy as the tables that the kernel reads.  Everything that the rules can tell apart about clients, destinations
// and names becomes a class; what does not fit the kernel's limits escalates, so that the daemon judges it.

#include <netinet/in.h>
#include <algorithm>
#include <array>

#include "base/units.h"
#include "policy/classes.h"

namespace weir::policy {

namespace {

constexpr std::size_t max_row_index = 65536;

/// What leads elsewhere than the client dialled needs the daemon.
std::uint8_t cell_of(const config::Config& config, const Verdict& verdict) {
  if (!verdict.decided || (verdict.rule >= 0 && !config.rules[verdict.rule].dial.empty())) return WEIR_CELL_escalate;
  const bool passes = verdict.action == Action::allow || verdict.action == Action::pass;
  return passes ? WEIR_CELL_pass : WEIR_CELL_block;
}

}  // namespace

/// Builds one plan; each step fills one table of it.
class Planner {
 public:
  explicit Planner(const Snapshot::Impl& snapshot)
      : policy_(*snapshot.compiled),
        in_force_(snapshot.in_force),
        clients_(policy_.client),
        dests_(policy_.dest.matching, WEIR_MAX_CLASSES) {
    plan_.id = snapshot.id;
  }

  KernelPlan build(const NameHasher& hash) {
    classify();
    clients_.report(plan_.over_limit);
    dests_.report("destinations", plan_.over_limit);
    fail_and_know();
    make_limits();
    make_rows();
    make_names(hash);
    return std::move(plan_);
  }

 private:
  /// A row: what the SYN stage says, and for undecided ones the rules that are left to the name.
  struct Left {
    weir_row row;
    Bits rules;
  };

  void classify() {
    for (const auto& [prefix, set] : policy_.client.addresses.entries()) {
      plan_.clients.emplace_back(prefix, policy_.exempts_client(set) ? WEIR_CLASS_exempt : clients_.of_address(set));
    }
    for (const auto& [prefix, set] : policy_.dest.table.entries()) {
      plan_.dests.emplace_back(prefix, policy_.exempts_dest(set) ? WEIR_CLASS_exempt : dests_.of_set(set));
    }
    plan_.pairs = clients_.pairs();
  }

  /// What is said of each device, and of the prefixes where nobody can judge.
  void fail_and_know() {
    const Failures failing = failures(policy_.config, *policy_.devices);
    for (const auto& [prefix, of] : failing.prefixes) {
      plan_.failures.emplace_back(prefix, of == OnFailure::closed ? 1 : 0);
    }
    const std::map<Mac, OnFailure> by_mac(failing.macs.begin(), failing.macs.end());
    for (const auto& [mac, set] : policy_.client.devices.entries()) {
      weir_device device{.mac_class = clients_.of_device(set), .on_failure = WEIR_FAILURE_unsaid, .pad = 0};
      if (const auto said = by_mac.find(mac); said != by_mac.end()) {
        device.on_failure = said->second == OnFailure::closed ? WEIR_FAILURE_closed : WEIR_FAILURE_open;
      }
      weir_mac key{};
      std::ranges::copy(mac.octets, key.octets);
      plan_.macs.emplace_back(key, device);
    }
  }

  /// So many connections at once, and one more with each interval.
  void make_limits() {
    if (policy_.config.client_limits.empty()) return;
    for (std::uint32_t client = 0; client < clients_.judged(); ++client) {
      const Allowance allowance = policy_.allowance(clients_[client]);
      weir_limit limit{.interval_ns = 0, .slack_ns = 0, .connections = allowance.connections, .pad = 0};
      if (const Rate& rate = allowance.arrivals; rate.count > 0) {
        limit.interval_ns = rate.period.count() / rate.count;
        limit.slack_ns = limit.interval_ns * (rate.count - 1);
      }
      plan_.limits.push_back(limit);
    }
  }

  void make_rows() {
    left_.push_back({{.at_syn = WEIR_CELL_escalate, .unnamed = WEIR_CELL_escalate, .rule = 0}, Bits()});
    // The classes of unlisted addresses come first: if the index fills up, it is not for them.
    std::size_t beyond = 0;
    for (std::uint32_t client = 0; client < clients_.judged(); ++client) {
      for (std::uint32_t dest = 0; dest < dests_.judged(); ++dest) {
        if (plan_.row_index.size() + 3 * WEIR_MAX_PORTS > max_row_index) {
          ++beyond;
        } else {
          index(client, dest);
        }
      }
    }
    if (beyond > 0) {
      plan_.over_limit.push_back(count_text(beyond) + " pairs of client and destination beyond the " +
                                 count_text(plan_.row_index.size()) + " entries that the kernel keeps");
    }
    if (rows_beyond_ > 0) {
      plan_.over_limit.push_back(count_text(rows_beyond_) + " sequences of rules beyond the " +
                                 count_text(WEIR_MAX_ROWS) + " that the kernel keeps");
    }
    for (const Left& left : left_) plan_.rows.push_back(left.row);
  }

  /// The entries of one client class and one destination class.
  void index(std::uint32_t client, std::uint32_t dest) {
    const auto enter = [&](std::uint16_t port, std::uint16_t protocol, std::uint32_t row) {
      const weir_row_key key{.client_class = static_cast<std::uint16_t>(client),
                             .dest_class = static_cast<std::uint16_t>(dest),
                             .port = port,
                             .protocol = protocol};
      if (row != 0) plan_.row_index.emplace_back(key, row);  // no entry is row 0
    };
    const config::Gateway& gateway = policy_.config.gateway;
    for (const std::uint16_t port : gateway.http) {
      const Candidates candidates(in_force_, clients_[client], dests_[dest], policy_.port(port));
      const Verdict verdict = policy_.at_syn(candidates);
      const bool served = !verdict.decided || verdict.action == Action::allow;
      enter(port, IPPROTO_TCP, served ? 0 : decided_row(verdict));
    }
    for (const std::uint16_t port : gateway.tls) {
      const Candidates candidates(in_force_, clients_[client], dests_[dest], policy_.port(port));
      const Verdict verdict = policy_.at_syn(candidates);
      enter(port, IPPROTO_TCP, verdict.decided ? decided_row(verdict) : undecided_row(candidates));
      enter(port, IPPROTO_UDP, verdict.decided ? datagram_row(verdict) : 0);  // QUIC is not looked into
    }
  }

  std::uint32_t decided_row(const Verdict& verdict) { return decided_row(verdict, cell_of(policy_.config, verdict)); }
  std::uint32_t decided_row(const Verdict& verdict, std::uint8_t cell) {
    const auto [at, added] = decided_.try_emplace({cell, verdict.rule}, 0);
    if (added) {
      const auto rule = static_cast<std::uint16_t>(verdict.rule < 0xffff ? verdict.rule + 1 : 0);
      at->second = add({{.at_syn = cell, .unnamed = cell, .rule = rule}, Bits()});
    }
    return at->second;
  }

  /// QUIC cannot be led elsewhere: refused, its client comes by TCP.
  std::uint32_t datagram_row(const Verdict& verdict) {
    const std::uint8_t cell = cell_of(policy_.config, verdict);
    return decided_row(verdict, cell == WEIR_CELL_escalate ? std::uint8_t{WEIR_CELL_block} : cell);
  }

  /// Rules behind the first that needs no name cannot be reached, unless it gives way to a change by hand and a locked
  /// one is behind it, and shadows reach nothing: triples that differ only there share a row.
  std::uint32_t undecided_row(const Candidates& candidates) {
    Bits rules(policy_.config.rules.size());
    bool opened = false;
    for (int r = candidates.from(0); r >= 0; r = candidates.from(r + 1)) {
      if (policy_.shadows.test(r)) continue;
      rules.set(r);
      opened |= policy_.opens_by_hand(r);
      if (policy_.hosted.test(r)) continue;
      if (!opened) break;
      if (r < policy_.by_hand)
        r = policy_.by_hand - 1;
      else if (!policy_.yields.test(r))
        break;
    }
    const auto [at, added] = undecided_.try_emplace(rules, 0);
    if (added) {
      const std::uint8_t unnamed = cell_of(policy_.config, policy_.at_hello(candidates, policy_.unnamed, false));
      at->second = add({{.at_syn = WEIR_CELL_escalate, .unnamed = unnamed, .rule = 0}, rules});
    }
    return at->second;
  }

  std::uint32_t add(Left left) {
    if (left_.size() == WEIR_MAX_ROWS) {
      ++rows_beyond_;
      return 0;
    }
    left_.push_back(std::move(left));
    return static_cast<std::uint32_t>(left_.size() - 1);
  }

  void make_names(const NameHasher& hash) {
    const std::size_t by_memory = WEIR_MAX_CELL_BYTES / left_.size();
    const Classes classes(policy_.host->axis.matching, std::min<std::size_t>(by_memory, WEIR_MAX_NAME_CLASSES));
    classes.report("names", plan_.over_limit);
    plan_.name_classes = classes.count();
    plan_.cells.assign(left_.size() * classes.count(), WEIR_CELL_escalate);
    for (std::size_t row = 0; row < left_.size(); ++row) {
      for (std::uint32_t name = 0; name < classes.judged(); ++name) {
        plan_.cells[row * classes.count() + name] = cell(left_[row], classes[name]);
      }
    }
    hash_names(hash, classes);
  }

  void hash_names(const NameHasher& hash, const Classes& classes) {
    plan_.names.reserve(policy_.host->axis.table.size());
    std::array<std::string_view, 4> names;
    std::array<weir_name_class, 4> of_names;
    std::size_t waiting = 0;
    const auto enter = [&] {
      const auto hashes = hash(names);
      for (std::size_t n = 0; n < waiting; ++n) plan_.names.emplace_back(hashes[n], of_names[n]);
      waiting = 0;
    };
    policy_.host->axis.table.for_each([&](std::string_view name, const NameTable::Sets& sets) {
      names[waiting] = name;
      of_names[waiting] = {.exact = static_cast<std::uint16_t>(classes.of_set(sets.exact)),
                           .below = static_cast<std::uint16_t>(classes.of_set(sets.below))};
      if (++waiting == names.size()) enter();
    });
    enter();
  }

  std::uint8_t cell(const Left& left, const Bits& matching) const {
    if (left.row.at_syn != WEIR_CELL_escalate || left.rules.words() == 0) return left.row.at_syn;
    return cell_of(policy_.config, policy_.at_hello({in_force_, left.rules, left.rules, left.rules}, matching, true));
  }

  const Compiled& policy_;
  const Bits& in_force_;
  ClientClasses clients_;
  Classes dests_;
  KernelPlan plan_;
  std::vector<Left> left_;
  std::map<std::pair<std::uint8_t, int>, std::uint32_t> decided_;
  std::unordered_map<Bits, std::uint32_t, Bits::Hash> undecided_;
  std::size_t rows_beyond_ = 0;
};

KernelPlan Snapshot::plan(const NameHasher& hash) const { return Planner(*impl_).build(hash); }

}  // namespace weir::policy
