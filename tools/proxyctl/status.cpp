// The first screen: is it well, since when, how much, and everything that is not as the file says.  What is zero or
// normal is not printed.
#include <algorithm>
#include <cstdio>
#include <numeric>

#include "base/units.h"
#include "proxyctl/command.h"
#include "proxyctl/format.h"

namespace weir::proxyctl {

namespace {

using control::Status;

/// "inspected 30,112, passed 6,788" without the zeros.
struct Part {
  std::string_view word;
  std::uint64_t count;
};
std::string parts(std::initializer_list<Part> all) {
  std::string text;
  for (const Part& part : all) {
    if (part.count == 0) continue;
    text += (text.empty() ? "" : ", ") + std::string(part.word) + ' ' + count_text(part.count);
  }
  return text;
}

struct Trouble {
  std::string answer;  ///< for the first line; "" = none
  std::string label;
  std::string text;
  std::string remedy;
};

void about_the_file(const Status& s, std::vector<Trouble>& found) {
  if (!s.policy.refused.empty()) {
    found.push_back({"the last reload was refused", "last reload",
                     "refused at " + clock_text(s.policy.refused_at, s.now) + ": " + printable(s.policy.refused),
                     "weir --check --config " + s.policy.file});
  } else if (s.policy.differs) {
    const std::string what =
        s.policy.passed_over ? " was taken back or never confirmed: a start passes over it" : " differs from what runs";
    found.push_back({"the file on disk differs", "file", printable(s.policy.file) + what, "proxyctl diff"});
  }
  if (s.policy.confirm_until != 0) {
    found.push_back({"not confirmed", "not confirmed",
                     "goes back by itself at " + clock_text(s.policy.confirm_until, s.now) + " unless confirmed",
                     "proxyctl confirm"});
  }
}

void about_logs(const Status& s, std::vector<Trouble>& found) {
  const control::AccessLog& log = s.log;
  if (!log.error.empty() || log.dropped + log.lost > 0) {
    std::string text;
    if (log.dropped + log.lost > 0) text = plural(log.dropped + log.lost, "line", "lines") + " lost";
    if (!log.error.empty()) {
      text += (text.empty() ? "" : "; ") + printable(log.path) + ": " + printable(log.error);
    }
    found.push_back({"access log lines are lost", "access log", text, ""});
  }
  if (!s.events.error.empty()) {
    found.push_back(
        {"messages are lost", "event log", printable(s.events.path) + ": " + printable(s.events.error), ""});
  }
  if (s.events_lost > 0) {
    found.push_back({"access log lines are lost", "access log",
                     plural(s.events_lost, "connection", "connections") + " missing: the ring was full",
                     "proxyctl reasons"});
  }
}

void about_memory(const control::Memory& m, std::vector<Trouble>& found) {
  if (!m.reached && (m.ceiling == 0 || m.used <= m.ceiling / 5 * 4)) return;
  found.push_back({m.reached ? "limits.memory is reached" : "memory runs short", "memory",
                   size_text(m.used) + " of " + size_text(m.ceiling) + " without the cache" +
                       (m.reached ? ": new connections follow on_failure" : ""),
                   "raise limits.memory, then proxyctl reload"});
}

void about_conntrack(const control::Conntrack& c, std::vector<Trouble>& found) {
  if (c.most == 0 || c.used <= c.most / 5 * 4) return;
  found.push_back({"the kernel's table of connections runs full", "conntrack",
                   count_text(c.used) + " of " + count_text(c.most) + "; beyond it the kernel drops new ones",
                   "sysctl net.netfilter.nf_conntrack_max"});
}

void about_origins(const Status& s, std::vector<Trouble>& found) {
  if (s.outage.since == 0) return;
  found.push_back({s.outage.total ? "no origin answers" : "no origin answers over " + s.outage.families, "origins",
                   outage_text(s.outage, s.now), "proxyctl flows --failed"});
}

/// Counted since the start; what was an hour ago is over, and no word for the first line.
void about_unjudged(const Status& s, std::vector<Trouble>& found) {
  constexpr std::int64_t news = 3600;
  const control::Unjudged& u = s.unjudged;
  if (sum(u) == 0) return;
  std::string how = s.tier.on_failure == "closed" ? "held back: " : "passed unjudged: ";
  if (!s.tier.differing.empty()) how = "by on_failure of each client: ";
  how += parts({{"without a heartbeat", u.no_daemon},
                {"overloaded", u.overloaded},
                {"accept queue full", u.listener_full},
                {"flow map full", u.flow_map_full},
                {"listener refused", u.assign_failed},
                {"takeover failed", u.takeover_failed}});
  if (u.last != 0) how += "; last at " + clock_text(u.last, s.now);
  const bool lately = u.last == 0 || s.now - u.last < news;
  found.push_back({lately ? "not every connection was judged" : "", "not enforced", how, "proxyctl reasons"});
}

/// In the order in which somebody should look at them.
std::vector<Trouble> troubles(const Status& s) {
  std::vector<Trouble> found;
  if (s.outage.total) about_origins(s, found);
  about_the_file(s, found);
  if (s.times.rules > 0 && !s.times.clock_set) {
    found.push_back({"the clock is not set", "clock",
                     "not set: of the timed rules those that refuse hold now, and no others", "timedatectl"});
  }
  for (const std::string& list : s.policy.held) {
    found.push_back(
        {"an update of a list is held", "list", printable(list) + ": an update waits for you", "proxyctl lists"});
  }
  if (!s.policy.unknown_devices.empty()) {
    std::string names;
    for (const std::string& name : s.policy.unknown_devices) names += (names.empty() ? "" : ", ") + printable(name);
    found.push_back({"a rule means a device that nobody knows", "devices",
                     "called so by no lease and no hosts file: " + names, "proxyctl clients"});
  }
  for (const std::string& list : s.policy.stale) {
    const bool empty = std::ranges::count(s.policy.empty, list) > 0;
    found.push_back(
        {empty ? "a list is empty" : "a list is stale", "list",
         printable(list) + (empty ? ": never fetched, it holds no name" : ": not fetched, the last copy holds"),
         "proxyctl lists"});
  }
  for (const control::HandChange& change : s.by_hand) {
    if (!control::pauses(change)) continue;
    found.push_back({"paused " + std::string(change.client.empty() ? "for everyone" : "for some"), "", "", ""});
    break;
  }
  about_memory(s.memory, found);
  about_conntrack(s.conntrack, found);
  if (!s.outage.total) about_origins(s, found);
  about_unjudged(s, found);
  about_logs(s, found);
  return found;
}

void times(const control::Times& t, Page& page) {
  if (t.rules == 0) return;
  page.row("times", count_text(t.in_force) + " of " + plural(t.rules, "timed rule", "timed rules") + " now",
           t.next_wall.empty() ? "" : "next change " + printable(t.next_wall));
}

void by_hand(const control::HandChange& change, std::int64_t now, bool observe, Page& page) {
  const std::string number = std::to_string(change.number);
  const bool idle = !change.idle.empty();
  std::string text = hand_change_text(change, now, observe);
  if (idle) text += "; without effect: " + printable(change.idle);
  page.trouble(idle ? Mark::attention : Mark::none, "by hand " + number, text, "proxyctl undo " + number);
}

/// "412 (1.1 %): ads 388, homework and night 24"
void would(const control::Would& w, Page& page) {
  if (w.most.empty()) return;
  std::string text = count_text(w.refused);
  char share[16];
  std::snprintf(share, sizeof share, " (%.1f %%): ",
                w.lines == 0 ? 0.0 : 100.0 * static_cast<double>(w.refused) / static_cast<double>(w.lines));
  text += share;
  for (const control::RuleCount& rule : w.most) {
    text += (&rule == &w.most.front() ? "" : ", ") + printable(rule.rule) + ' ' + count_text(rule.count);
  }
  page.trouble(Mark::none, "would block", text, "proxyctl policy shadow");
}

/// "waited 1,204, refused 38; full: phone-7, tv-2"
void limited(const control::Limited& l, Page& page) {
  if (l.waited + l.refused == 0 && l.full.empty()) return;
  std::string text = parts({{"waited", l.waited}, {"refused", l.refused}});
  constexpr std::size_t shown = 3;
  for (std::size_t n = 0; n < std::min(l.full.size(), shown); ++n) {
    text += (n > 0 ? ", " : text.empty() ? "full: " : "; full: ") + printable(l.full[n]);
  }
  if (l.full.size() > shown) text += " and " + count_text(l.full.size() - shown) + " more";
  page.trouble(Mark::none, "limited", text, "proxyctl clients");
}

void traffic(const Status& s, Page& page) {
  const control::Connections& c = s.connections;
  std::uint64_t total = c.pass + c.inspect + c.splice + c.serve;
  page.row("connections", count_text(total) + "; " + count_text(c.open) + " open now",
           c.bytes_in + c.bytes_out == 0
               ? ""
               : size_text(c.bytes_in) + " from clients, " + size_text(c.bytes_out) + " to them");
  if (c.pass + c.inspect > 0) page.row("on the wire", parts({{"inspected", c.inspect}, {"passed", c.pass}}));
  if (c.splice + c.serve > 0) {
    std::string text = parts({{"spliced", c.splice}, {"served", c.serve}});
    if (c.requests > 0) text += ", with " + plural(c.requests, "request", "requests");
    char inside[32] = "";
    if (s.inside_ms > 0) std::snprintf(inside, sizeof inside, "%.2g ms inside Weir", s.inside_ms);
    page.row("in the daemon", text, inside);
  }
  if (s.seen.nameless + s.seen.quic > 0) {
    const std::uint64_t looked = s.seen.named + s.seen.nameless;
    char known[32] = "none was looked for";
    if (looked > 0)
      std::snprintf(known, sizeof known, "%.1f %% known",
                    100.0 * static_cast<double>(s.seen.named) / static_cast<double>(looked));
    page.row("names", known, parts({{"hidden or none", s.seen.nameless}, {"QUIC datagrams unread", s.seen.quic}}));
  }
  if (c.block + c.reset + c.redirect > 0)
    page.row("refused", parts({{"blocked", c.block}, {"reset", c.reset}, {"redirected", c.redirect}}));
  if (c.failed > 0) page.trouble(Mark::none, "failed", count_text(c.failed), "proxyctl flows --failed");
  if (s.dials.gateway + s.dials.other_port > 0) {
    page.row("origins saw", parts({{"the client", s.dials.same_port},
                                   {"the client on another port", s.dials.other_port},
                                   {"the gateway", s.dials.gateway}}));
  }
}

}  // namespace

std::string status_text(const Status& s, const Look& look) {
  Page page(look);
  auto found = troubles(s);
  bool running = s.state == "running";
  const bool drains = s.state == "draining" || s.state == "drained";
  std::string answer = printable(s.state) + ": new connections " + (drains ? "pass unjudged" : "are not judged");
  if (running) answer = s.would.observe ? "observing: nothing is changed or refused" : "running";
  if (running && s.tier.floor == "splice") answer += ", every connection through the daemon";
  const auto told = std::ranges::find_if(found, [](const Trouble& trouble) { return !trouble.answer.empty(); });
  if (told != found.end() && running) answer += "; " + told->answer;
  std::string up = duration_text(std::chrono::seconds(s.now - s.started));
  page.headline(!running || s.outage.total ? Mark::act
                : told == found.end()      ? Mark::fine
                                           : Mark::attention,
                answer, "since " + clock_text(s.started, s.now) + ", " + up);

  page.row("version", printable(s.version) + ", " + plural(s.workers, "worker", "workers"),
           "kernel " + printable(s.tier.kernel));
  std::string policy = plural(s.policy.rules, "rule", "rules");
  if (s.would.shadows > 0) policy += ", " + count_text(s.would.shadows) + " only counting";
  if (s.policy.names > 0) policy += ", " + plural(s.policy.names, "name", "names");
  page.row("policy", policy, "config " + printable(s.policy.config) + " since " + clock_text(s.policy.since, s.now));
  if (drains) {
    page.trouble(Mark::act, "not enforced",
                 s.state == "drained" ? "nothing is held any more: it can be stopped"
                                      : "new connections pass, until it is undone or stopped",
                 "proxyctl drain --undo");
  }
  times(s.times, page);
  for (const control::HandChange& change : s.by_hand) by_hand(change, s.now, s.would.observe, page);
  traffic(s, page);
  limited(s.limited, page);
  would(s.would, page);
  if (!s.tier.fallback.empty()) page.trouble(Mark::none, "no takeover", printable(s.tier.fallback), "proxyctl doctor");
  for (const Trouble& trouble : found)
    if (!trouble.text.empty())
      page.trouble(trouble.answer.empty() ? Mark::none : Mark::attention, trouble.label, trouble.text, trouble.remedy);
  if (running && s.would.observe) page.hint("set observe = false, then proxyctl reload --confirm 10m");
  return page.text();
}

int status(const Arguments& arguments, const Look& look) {
  const auto answer = ask(arguments.socket, {.path = "/v1/status", .patience = short_patience});
  if (!answer) {
    if (const auto shown = show_last_page(arguments, look, answer.error())) return *shown;
  }
  return show<control::Status>(arguments, look, answer, [&](const control::Status& s) { return status_text(s, look); });
}

}  // namespace weir::proxyctl
