// The daemon's answers as text for people.  Pure: what is shown depends on the value, the terminal and the time alone.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "proxyctl/text.h"
#include "weir/control.h"

namespace weir::proxyctl {

std::string status_text(const control::Status& status, const Look& look);
/// Of a daemon that does not answer.  `now` in seconds since 1970.
std::string last_page_text(const control::LastPage& page, std::int64_t now, const Look& look);
/// Only that it does not answer, and what to do.
std::string last_page_words(const control::LastPage& page, std::int64_t now, const Look& look);
control::Status last_status(const control::LastPage& page, std::int64_t now);
control::Health last_health(const control::LastPage& page, std::int64_t now);
/// "none of 31 addresses asked over IPv4 and IPv6 since 14:02"
std::string outage_text(const control::Outage& outage, std::int64_t now);
std::string slow_text(const control::Slow& slow, const Look& look);
/// What was asked for.
struct FlowsAsked {
  bool failed = false;      ///< only failures
  std::string client = {};  ///< "" = any
  std::string host = {};    ///< "" = any
};
/// `now` in seconds since 1970.
std::string flows_text(const control::FlowList& list, const FlowsAsked& asked, std::int64_t now, const Look& look);
std::string clients_text(const control::ClientList& all, const Look& look);
std::string reasons_text(const control::Reasons& reasons, const Look& look);
/// `shadow`: only the rules that only count, and those that would have decided.
std::string policy_text(const control::Policy& policy, bool shadow, const Look& look);
std::string lists_text(const control::Lists& all, const Look& look);
std::string diff_text(const control::ListDiff& diff, const Look& look);
/// `said`: what has been done, when it was.
std::string list_changed_text(const control::ListChanged& change, const std::string& said, const Look& look);
/// "a.example is open for @kids, until 10:45".  `observe`: it would be, but Weir only observes.
std::string hand_change_text(const control::HandChange& change, std::int64_t now, bool observe = false);
std::string hand_changed_text(const control::HandChanged& changed, const Look& look);
std::string undone_text(const control::HandChanged& undone, const Look& look);
std::string cache_text(const control::Cache& cache, const Look& look);
/// `what`: as the operator named it; "" = everything.
std::string purge_text(const control::Purged& purged, const std::string& what, const Look& look);
/// `now` in seconds since 1970.
std::string reload_text(const control::Reloaded& reloaded, std::int64_t now, const Look& look);
std::string config_diff_text(const control::ConfigDiff& diff, const Look& look);
std::string history_text(const control::History& history, const Look& look);
std::string drain_text(const control::Drain& drain, const Look& look);
/// `source`: "the running one", or the file that was read instead.
std::string explain_text(const control::Explained& explained, const std::string& source, const Look& look);

std::string refusals_text(const control::Refusals& all, const Look& look);

/// What the access log knows of a name.
struct Visitor {
  std::int64_t first = 0, last = 0;  ///< seconds since 1970
  std::uint64_t times = 0;           ///< requests, and connections without any
  std::uint64_t received = 0;        ///< bytes
  std::uint64_t refused = 0;         ///< of `times`
  std::vector<std::string> depths = {};
  std::string name = {}, mac = {};  ///< "" = the log has none
  std::int64_t named = 0;           ///< when it was called so last
  std::vector<std::string> addresses = {};
};
struct Visits {
  std::string host;               ///< this name and what is below it
  std::int64_t from = 0, to = 0;  ///< 0: without that limit
  std::uint64_t files = 0;
  std::uint64_t lines = 0;     ///< within the limits
  std::uint64_t nameless = 0;  ///< of them
  std::uint64_t unreadable = 0;
  std::uint64_t compressed = 0;  ///< files
  std::uint64_t lost = 0;        ///< lines that never reached the log
  std::int64_t begins = 0;       ///< with the first line, whatever the limits; 0: none could be read
  bool only_blocked = false;     ///< what rules allowed is not written
  /// Devices: by hardware address, else by name, else by address.
  std::map<std::string, Visitor> clients = {};
  std::map<std::string, std::string> macs = {};  ///< by name

  void add(const std::string& line);
  bool within_limits(std::int64_t time) const { return (from == 0 || time >= from) && (to == 0 || time < to); }
  /// There are lines, and not one could be read.
  bool blind() const { return begins == 0 && unreadable > 0; }

 private:
  Visitor& of(const control::FlowLine& flow, std::int64_t begun);
};
std::string who_text(const Visits& visits, std::int64_t now, const Look& look);

/// A look at the daemon, and what lies between two of them.
struct Moment {
  control::Status status;
  control::FlowList flows;
  std::chrono::steady_clock::time_point taken = {};
};
struct TopRow {
  std::string host;  ///< or the address, where there is no name
  std::uint64_t live = 0;
  std::uint64_t fresh = 0;  ///< requests, and connections without any, since the first look
  std::uint64_t bytes = 0;  ///< to clients, since the first look
};
/// Who moved most, first.
std::vector<TopRow> top_rows(const control::FlowList& before, const control::FlowList& after);
/// At most `most` rows.
std::string top_text(const Moment& before, const Moment& after, double seconds, std::size_t most, const Look& look);

/// What `doctor` found out about this machine.
struct Health {
  bool running = false;  ///< a daemon answers
  std::string kernel;
  std::string obstacle;  ///< why Weir cannot run; "" = it can
  bool tcx = false;
  bool takeover = false;
  std::vector<std::string> lan;
  std::uint32_t mark = 0;
  std::uint32_t table = 0;
  struct Finding {
    Mark mark = Mark::none;
    std::string what, why, remedy;
  };
  std::vector<Finding> findings;
  std::vector<std::string> footprint;  ///< what bears Weir's name on this host now

  /// Whether something must be done before Weir can work.
  bool well() const;
};
std::string doctor_text(const Health& health, const std::string& config, const Look& look);

}  // namespace weir::proxyctl
