// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// What the daemon and proxyctl say to each other: HTTP/1.1 and JSON over a unix socket.
//
//   GET  /v1/status                                      Status
//   GET  /v1/flows?client=A&host=H&failed=1&since=S&limit=N
//                                                       FlowList: the fields of the access log, and `live`; S: only
//                                                       what ended in the last S seconds, or lives; H may be an
//                                                       address, of those that named nobody
//   GET  /v1/clients                                     ClientList
//   GET  /v1/reasons                                     Reasons
//   GET  /v1/policy                                      Policy
//   GET  /v1/explain?client=A&dest=A&port=N&host=H&time=T
//                                                       Explained; T as "2026-01-02 15:30" by the gateway's clock
//   GET  /v1/refusal?code=C                              Refusals; 409 when none of this code is remembered
//   GET  /v1/health                                      Health
//   GET  /v1/slow                                        Slow
//   GET  /v1/lists                                       Lists
//   GET  /v1/lists/diff?list=L                           ListDiff
//   POST /v1/lists/accept?list=L                         ListChanged; 422 when it cannot be done
//   POST /v1/lists/except?list=L&name=N&again=1          ListChanged; 422 when it cannot be done
//   POST /v1/changes?action=A&host=H,..&client=C,..&for=S
//                                                       HandChanged; A block, allow, pass or never, S seconds; 422 when
//                                                       refused
//   POST /v1/changes/undo?number=N                       HandChanged; 422 when there is none
//   GET  /v1/cache?limit=N                               Cache
//   POST /v1/purge?url=U | host=H | all=1                Purged
//   POST /v1/reload?confirm=N                            Reloaded; 422 when the new configuration is refused.  With
//                                                       `confirm` it goes back by itself after so many seconds
//   POST /v1/confirm                                     Reloaded; 409 when nothing waits to be confirmed
//   POST /v1/rollback                                    Reloaded; 409 when nothing ran before
//   GET  /v1/diff                                        ConfigDiff
//   GET  /v1/history?since=N                             History; of the last so many seconds
//   POST /v1/drain?undo=1                                Drain; 409 when there is nothing to undo
//
// Any other answer than 200 and 422 carries {"error": "words for people"}: 400 the query does not parse, 404 no such
// path, 405 wrong method, 409 there is nothing to show, 413 the request is too large.  One request a connection.  Who
// hangs up before a POST is carried out has changed nothing.
//
// The names of the members are the names in JSON (daemon/shapes/json.h) and in `proxyctl --json`: they may be added to,
// never renamed.  Every member is always there; "" and 0 mean that there is nothing to say.  Times are seconds since
// 1970, counters count from the daemon's start.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/status.h"

namespace weir::control {

inline constexpr std::string_view default_socket = "/run/weir/control.sock";

/// Exit status of proxyctl.
enum Exit : int { exit_done = 0, exit_refused = 1, exit_usage = 2, exit_not_running = 3 };

// --- health ----------------------------------------------------------------------------------------------------------

/// Whether new connections are judged, for those who decide where traffic goes.
struct Health {
  bool well = true;
  std::string reason;              ///< why not; "" = well
  std::vector<std::string> notes;  ///< what needs the operator and stops nothing
  std::string line;                ///< all of it in one line
};

// --- flows -----------------------------------------------------------------------------------------------------------

/// A live connection, or a request or connection that ended; as in the access log.
struct FlowLine {
  bool live = false;
  std::string ts;  ///< RFC 3339, UTC
  std::string flow;
  std::string client;
  std::uint32_t client_port = 0;
  std::string mac;          ///< of the client; "" = its link has none, or it is not known
  std::string client_name;  ///< as leases or hosts files say
  std::string dst;
  std::uint32_t dst_port = 0;
  std::string host;
  std::string depth;
  std::string action;
  std::string rule;
  std::string would;       ///< what a shadow, or any rule under gateway.observe, would have done
  std::string would_rule;  ///< which
  std::string reason;      ///< of a live flow: absent
  std::string method;
  std::string url;
  int status = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::string cache;  ///< what the cache did; "" = it had no part
  double duration_ms = 0;
};

struct FlowList {
  std::vector<FlowLine> flows;  ///< live ones first, the newest first, then the last to end first
  bool more = false;            ///< the limit kept others out
};

// --- clients ---------------------------------------------------------------------------------------------------------

/// A device that was seen: by its hardware address, else by the part of its address that tells clients apart.
struct ClientLine {
  std::string name;  ///< "" = nobody gives it one
  std::string mac;
  std::vector<std::string> addresses;  ///< the last few, the latest first
  std::vector<std::string> groups;
  std::uint64_t connections = 0;  ///< now
  std::uint64_t waiting = 0;      ///< besides those: on the wire, and nothing was said yet
  std::uint64_t allowed = 0;      ///< so many at once; 0 = any number
  bool full = false;              ///< it has as many
  std::uint64_t opened = 0;       ///< in all
  std::uint64_t refused = 0;      ///< by rules: connections and requests
  std::uint64_t bytes_in = 0;     ///< from it, of what has ended
  std::uint64_t bytes_out = 0;
  std::int64_t first_seen = 0;
  std::int64_t last_seen = 0;  ///< when a connection of it began last
};

/// A name that groups or rules use, and what is wrong with it.
struct NameTrouble {
  std::string name;
  std::string trouble;
};

struct ClientList {
  std::int64_t now = 0;
  std::vector<ClientLine> clients;    ///< those seen last first
  std::uint64_t most = 0;             ///< so many are kept; beyond, those that were seen longest ago give way
  std::uint64_t uncounted = 0;        ///< connections that found all of them busy
  std::vector<std::string> files;     ///< that give names
  std::vector<NameTrouble> troubles;  ///< with names that rules depend on
};

// --- reasons ---------------------------------------------------------------------------------------------------------

struct WireReason {
  std::string name;
  std::string text;
  std::uint64_t count = 0;  ///< packets or flows, as the text says
};

struct EndReason {
  std::string name;
  std::string text;
  bool failure = false;
  std::uint64_t count = 0;        ///< lines of the access log
  std::uint64_t connections = 0;  ///< connections, whether or not they carried requests
};

struct Reasons {
  std::vector<WireReason> wire;  ///< every row of wire_reason.def
  std::vector<EndReason> close;  ///< every row of close_reason.def
};

// --- slow ------------------------------------------------------------------------------------------------------------

/// How long something takes, by who carries the bytes: the middle of all, in milliseconds.
struct SlowSpan {
  std::string carrier;      ///< "passed" or "held"
  std::uint64_t count = 0;  ///< in the last minutes
  double now_ms = 0;        ///< meaningless while `count` is 0
  double usual_ms = 0;      ///< 0: no usual yet
  bool slow = false;
};

/// A part of the way of a connection.
struct SlowStage {
  std::string stage;            ///< "client", "inside", "origin" or "answer"
  std::vector<SlowSpan> spans;  ///< passed before held, where it is measured on both
};

/// What had to be sent again on one side of the gateway.
struct SentAgain {
  std::string side;          ///< "client" or "origin"
  std::string carrier;       ///< "passed": of handshakes; "held": of segments
  std::uint64_t sent = 0;    ///< in the last minutes
  std::uint64_t again = 0;   ///< of them
  double usual_percent = 0;  ///< meaningless without a usual
};

/// Time before, inside and behind Weir, now and as usual.
struct Slow {
  std::int64_t now = 0;
  std::int64_t from = 0;    ///< begin of the last minutes that are looked at
  std::string verdict;      ///< "nothing", "client", "inside", "origin", "answer": that is slow; "outage": no origin
                            ///< answers; "unknown": too few connections, or no usual yet
  std::int64_t since = 0;   ///< when it began to be slow; 0 = it is not
  double times = 0;         ///< so many times the usual
  bool passed_too = false;  ///< passed connections, which Weir does not touch, are slow alike
  std::string most;         ///< stage that takes most of the time now; "" = nothing is measured
  std::string usual;        ///< what the usual is: "7 days at this hour"; "" = there is none yet
  std::string needs;        ///< what is missing for one; "" = nothing
  std::string trouble;      ///< with the history on disk; "" = none
  Outage outage;
  std::vector<SlowStage> stages;  ///< from the client on
  std::vector<SentAgain> again;   ///< where anything was sent
};

/// What proxyctl shows of a daemon that does not answer: beside the socket, written every two seconds.
struct LastPage {
  std::int64_t written = 0;  ///< the last sign of life
  std::int64_t asked = 0;    ///< when `status` was true: the thread that answers came round last
  Health health;             ///< at `written`
  Status status;
};

// --- cache, purge ----------------------------------------------------------------------------------------------------

struct CacheCount {
  std::string name;
  std::string text;
  bool saved = false;  ///< the origin sent no content for these
  std::uint64_t count = 0;
};

/// A stored response, all its variants apart.
struct CachedObject {
  std::string url;  ///< without its query string
  std::uint64_t size = 0;
  std::uint64_t answers = 0;  ///< made of it
  std::uint64_t bytes = 0;    ///< in those answers
};

struct Cache {
  std::int64_t started = 0;
  std::int64_t now = 0;
  std::uint64_t memory = 0;   ///< in use, bookkeeping included
  std::uint64_t ceiling = 0;  ///< 0: the cache is off
  std::uint64_t objects = 0;
  std::uint64_t bytes_saved = 0;    ///< to clients, that no origin had to send
  std::uint64_t bytes_out = 0;      ///< to clients, in all
  std::vector<CacheCount> results;  ///< every row of cache_result.def
  std::vector<CachedObject> top;    ///< those that delivered most, most first
};

struct Purged {
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;  ///< of memory that they took
};

// --- policy, explain, reload -----------------------------------------------------------------------------------------

struct PolicyRule {
  std::string name;
  std::string action;
  std::string where;        ///< "weir.toml:41"
  bool shadow = false;      ///< only counts
  bool in_force = true;     ///< its time is now
  std::uint64_t hits = 0;   ///< lines of the access log whose action is its
  std::uint64_t would = 0;  ///< and of which it would have been
};

struct Policy {
  std::string config;
  bool observe = false;           ///< all rules only count
  std::vector<PolicyRule> rules;  ///< in order; the first that matches wins
  std::vector<std::string> groups;
  std::vector<std::string> lists;
};

struct ExplainStep {
  std::string rule;
  std::string where;
  std::string answer;  ///< "no", "yes" or "unknown"
  std::string because;
};

struct Explained {
  std::string client;
  std::string mac;          ///< the device that it was seen with last, or that was asked for; "" = none
  std::string client_name;  ///< as leases or hosts files say
  std::string dest;         ///< "" = none given
  std::uint32_t port = 0;
  std::string host;     ///< "" = the connection names nobody
  bool exempt = false;  ///< never touched; what follows is empty then
  std::string action;
  std::string rule;  ///< "" = no rule matched
  std::string where;
  std::string would;  ///< what is not done, since a shadow or gateway.observe only counts it
  std::string would_rule;
  std::string would_where;
  bool observing = false;
  std::string stage;    ///< at which it is decided: "syn" or "hello"
  bool unseen = false;  ///< a host condition was answered for want of a name
  std::string depth;
  std::string depth_because;
  std::string time;  ///< for which it holds, by the gateway's clock; "" = no rule has a time, or the clock is not set
  std::vector<ExplainStep> steps;  ///< rules in order, up to the deciding one
};

/// What a rule refused, by the code of its block page.
struct Refusal {
  std::string code;
  std::string ts;  ///< RFC 3339, UTC
  std::string client;
  std::string host;
  std::string dst;
  std::uint32_t dst_port = 0;
  std::string url;  ///< "" = no request was seen
  std::string action;
  std::string rule;
  std::string where;  ///< "weir.toml:41" as it is now; "" = the rule is gone
};

struct Refusals {
  std::int64_t now = 0;
  std::vector<Refusal> refusals;  ///< the last first
};

// --- lists -----------------------------------------------------------------------------------------------------------

struct ListLine {
  std::string name;
  std::string source;  ///< a path or a URL; "" = its names stand in the configuration
  std::string format;  ///< as recognised, in words
  std::uint64_t names = 0;
  std::uint64_t unreadable = 0;         ///< lines that make no sense in this format
  std::uint64_t other = 0;              ///< rules and files that are not about whole names
  std::uint64_t bare = 0;               ///< names that were taken for themselves alone for want of a better reason
  std::vector<std::string> categories;  ///< "adult" is "@NAME/adult"
  std::vector<std::string> rules;       ///< that use it
  std::vector<std::string> except;      ///< names that were taken out by hand
  std::int64_t updated = 0;             ///< of a URL: when the copy in force was taken; 0 = there is none
  std::int64_t checked = 0;             ///< when the server answered last
  std::string failure;                  ///< why the last attempt to fetch it failed; "" = it did not
  std::int64_t failed_at = 0;
  std::string held;  ///< why an update is not taken; "" = there is none
  std::int64_t held_at = 0;
};

struct Lists {
  std::int64_t now = 0;
  std::vector<ListLine> lists;  ///< in the order of the configuration
};

struct InUse {
  std::string name;
  std::uint64_t clients = 0;  ///< about so many used it today or yesterday
};

/// What a held update would change.
struct ListDiff {
  std::string list;
  std::string held;  ///< why it is
  std::uint64_t added = 0;
  std::uint64_t removed = 0;
  std::vector<std::string> first_added;    ///< the first few; ".x" = x and all below, "!" = an exception
  std::vector<std::string> first_removed;  ///< the same
  std::vector<InUse> refused;              ///< in use, and refused from then on; the busiest first
  std::uint64_t clients = 0;               ///< about so many there are
};

struct ListChanged {
  bool done = false;
  std::string list;
  std::string failure;  ///< why it is not done
  std::uint64_t names = 0;
  std::string held;          ///< why an update is still not taken; "" = there is none
  std::uint64_t change = 0;  ///< its number, of an exception; 0: it is none, or was taken back
  std::string unkept;        ///< why the number will not outlive this run
};

/// What a locked rule refuses, whatever is opened by hand.
struct StillRefused {
  std::string name;  ///< "" = connections that name no host
  std::string rule;
  std::string at;  ///< "weir.toml:10"
};

struct HandChanged {
  bool done = false;
  std::string failure;             ///< why not
  std::string suggestion;          ///< what would be right
  HandChange change;               ///< what holds now; of an undone one, what held
  std::string overrides;           ///< a rule of the file that refuses what is opened now
  std::string overrides_at;        ///< "weir.toml:41"
  std::string unkept;              ///< why it will not outlive this run
  std::uint64_t reset = 0;         ///< passing connections that are refused now
  std::vector<StillRefused> held;  ///< some of what locked rules refuse still, where something is opened
  std::uint64_t unread = 0;        ///< passing connections that go on, since nobody read their name
  std::int64_t now = 0;
  bool observe = false;             ///< gateway.observe: it only would be so
  std::vector<std::string> nobody;  ///< names in `client` that no lease and no hosts file gives now
};

struct Mistake {
  std::string where;  ///< "weir.toml:41:8"
  std::string text;
  std::string suggestion;  ///< what to write instead; "" = none
};

struct Reloaded {
  bool done = false;
  std::string config;  ///< in force now, whether new or old
  std::string file;    ///< the main file
  std::uint64_t rules = 0;
  std::uint64_t names = 0;
  std::uint64_t reset = 0;           ///< passing connections that the new rules refuse
  std::vector<Mistake> mistakes;     ///< all of them, when refused
  std::vector<std::string> waiting;  ///< keys whose change takes effect at the next start
  std::int64_t confirm_until = 0;    ///< goes back by itself then, unless it is confirmed; 0 = it does not
  bool differs = false;              ///< the files on disk are not what runs
};

// --- diff, history, drain --------------------------------------------------------------------------------------------

struct FileChange {
  std::string file;
  std::uint64_t added = 0;         ///< lines
  std::uint64_t removed = 0;       ///< lines
  std::vector<std::string> lines;  ///< the first few: "12 -text" as it runs, "12 +text" as on disk, by line number
};

/// The configuration on disk against the one that runs.
struct ConfigDiff {
  std::string config;              ///< that runs
  std::string disk;                ///< on disk; "" = it cannot be read
  std::string file;                ///< the main file
  std::vector<FileChange> files;   ///< those that differ
  std::vector<Mistake> mistakes;   ///< for which a reload would refuse it; lists are not looked into
  std::int64_t confirm_until = 0;  ///< as in Running
};

struct Event {
  std::int64_t ts = 0;
  /// "started", "stopped", "died", "reloaded", "refused", "confirmed", "went_back", "drain", "undrain"; of changes by
  /// hand "by_hand", "undone", "ended": its time was over, "restored": those in force at the start; "accepted";
  /// "silent": no origin answered, "answers": again
  std::string what;
  std::string text;          ///< the particulars, for people; "" = there are none
  std::string config;        ///< in force from then on; "" = does not matter here
  std::uint64_t change = 0;  ///< number of a change by hand
  std::int64_t until = 0;    ///< when that ends by itself; 0 = it does not
};

struct History {
  std::int64_t now = 0;
  std::vector<Event> events;  ///< the oldest first
};

struct Drain {
  std::string state;       ///< as in Status
  std::uint64_t held = 0;  ///< connections that the daemon still holds
};

}  // namespace weir::control
