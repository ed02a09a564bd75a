// Where every ending goes: counters, the access log, and the table of recent and live flows behind `proxyctl flows`.
//
//   FlowId id = ledger.opened({.flow = flow, .depth = Depth::splice});
//   ledger.judged(id, {.host = name, .depth = Depth::splice, .action = Action::allow, .rule = "ads"});
//   ledger.request(record);                       // for each HTTP request
//   ledger.ended(id, CloseReason::done, {in, out});
//
// A connection that carried requests is written once for each of them, any other once at its end; the end of every
// connection is counted once, under one reason.  Nothing here blocks or fails.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "account/access_log.h"
#include "account/busy.h"
#include "account/clients.h"
#include "account/counters.h"
#include "account/flow_ids.h"
#include "account/flows.h"
#include "account/hits.h"
#include "account/names.h"
#include "account/reach.h"
#include "account/record.h"
#include "account/timing.h"

namespace weir::account {

/// What is known when a connection begins.
struct Opening {
  Flow flow;
  Depth depth = Depth::splice;          ///< at least: `splice` when the daemon holds it, `pass` on the wire
  FlowId id = 0;                        ///< the kernel's; 0: make one
  std::optional<Monotonic> since = {};  ///< the kernel's; empty: now
  unsigned most = 0;                    ///< connections that its client may have at once; 0: any number
};

struct Judgement {
  std::string host;
  Depth depth = Depth::pass;
  Action action = Action::allow;
  std::string rule;
  std::optional<Action> would = {};  ///< as in Record
  std::string would_rule = {};
};

/// TCP payload as carried: from the client, to the client.
struct Traffic {
  std::uint64_t in = 0;
  std::uint64_t out = 0;
};

/// From which address and port an origin was dialled.
enum class Dial : std::uint8_t { same_port, other_port, gateway };

/// The last endings, oldest overwritten.  Written by one thread, read by any.
class Recent {
 public:
  static constexpr std::size_t url_bytes = 256;  ///< more is cut here, not in the access log

  explicit Recent(std::size_t kept) : kept_(kept) {}
  void add(const Record& record);
  /// Adds what `filter` wants to `found`; at most `filter.limit` of them, newest first.
  void list(const Filter& filter, std::vector<Record>& found) const;

 private:
  const std::size_t kept_;
  mutable std::mutex mutex_;
  std::vector<Record> slots_;
  std::size_t next_ = 0;
};

/// One thread's pen.  All methods are that thread's.
class Ledger {
 public:
  static constexpr unsigned one_in = 4;  ///< connections are asked about their way
  static constexpr std::size_t endings_kept = 4096, refusals_kept = 1024;

  Ledger(unsigned number, Flows& flows, AccessLog& log, Busy& busy, Clients& clients, const Names& names, Reach& reach);

  FlowId opened(const Opening& opening);
  /// The verdict on the connection; a later one replaces it in the record but is not counted again.
  void judged(FlowId id, Judgement judgement);
  /// One request, answered or not.  `record.id` names its connection; counts, writes and remembers it.
  void request(Record record);
  /// Whether a connection with this id has begun, here or in another ledger, and not ended.
  bool lives(FlowId id) const { return flows_.contains(id); }
  /// Whether it was one more than its client may have when it began.
  bool exceeds(FlowId id);
  /// What has been carried so far, for `flows` and for an end that nobody sees.
  void moved(FlowId id, Traffic total);
  /// The connection's end.  Without `total`, what moved() said last holds.  An id that does not live is ignored: a flow
  /// on the wire may end before or after a restart of the daemon.
  void ended(FlowId id, CloseReason reason, std::optional<Traffic> total = {});
  void dialled(Dial dial);
  /// An origin said something, or nothing for as long as it was waited for.
  void answered(const Address& origin, Monotonic at) { reach_.answered(origin, at); }
  void silent(const Address& origin, Monotonic asked) { reach_.silent(origin, asked); }
  /// How long things take, for `slow`.
  Timings& timings() { return timings_; }
  /// Whether this connection is one of those of which the kernel is asked about its way: that costs a system call.
  bool samples_path() { return sampled_++ % one_in == 0; }

  /// Whether a record's `heads` are of use, and its URL is to have the query string.
  bool wants_heads() const { return log_.wants_heads(); }
  bool wants_query() const { return log_.wants_query(); }

  const Counters& counters() const { return counters_; }
  const Timings& timings() const { return timings_; }
  const Recent& recent() const { return recent_; }
  const Recent& refused() const { return refused_; }
  const RuleHits& hits() const { return hits_; }

 private:
  void write(const Record& record, const ClientKey& client);

  unsigned number_;
  FlowIds ids_;
  Flows& flows_;
  AccessLog& log_;
  Busy& busy_;
  Clients& clients_;
  const Names& names_;
  Reach& reach_;
  Counters counters_;
  Timings timings_;
  unsigned sampled_ = 0;
  Recent recent_{endings_kept};
  Recent refused_{refusals_kept};  // apart: on a busy gateway the others would push them out within a minute
  RuleHits hits_;
};

/// The process's ledgers with what they share.
class Books {
 public:
  /// `ledgers` is one a worker, and one for the thread that reads the kernel's events.
  Books(unsigned ledgers, LogSettings log);

  Ledger& ledger(unsigned number) { return *ledgers_[number]; }
  AccessLog& log() { return log_; }
  const AccessLog& log() const { return log_; }
  const Busy& busy() const { return busy_; }
  const Reach& reach() const { return reach_; }
  const Clients& clients() const { return clients_; }
  Clients& clients() { return clients_; }
  /// What clients are called from now on.
  Names& names() { return names_; }
  /// Any thread.
  Totals totals() const;
  TimingSums timings() const;
  HitsByRule hits() const;
  /// For a reader that waits for nobody; empty when it would have to.
  std::optional<HitsByRule> hits_now() const;
  std::vector<Record> live(const Filter& filter) const;     ///< newest first, with their duration so far
  std::vector<Record> recent(const Filter& filter) const;   ///< last ended first
  std::vector<Record> refused(const Filter& filter) const;  ///< by rules; the last first

 private:
  std::vector<Record> gather(const Filter& filter, const Recent& (Ledger::*part)() const) const;

  Flows flows_;
  AccessLog log_;
  Busy busy_;
  Clients clients_;
  Names names_;
  Reach reach_;
  std::vector<std::unique_ptr<Ledger>> ledgers_;
};

}  // namespace weir::account
