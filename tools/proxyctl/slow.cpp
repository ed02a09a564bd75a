// Where the time goes: before, inside and behind Weir, now and as usual.  The first line names who is slow; whether
// connections that Weir does not touch suffer alike is the proof.
#include <algorithm>
#include <cstdio>

#include "proxyctl/command.h"
#include "proxyctl/format.h"

namespace weir::proxyctl {

namespace {

using control::Slow;
using control::SlowSpan;
using control::SlowStage;

std::string label_of(std::string_view stage) {
  if (stage == "client") return "clients to gateway";
  if (stage == "inside") return "inside Weir";
  if (stage == "origin") return "gateway to origins";
  if (stage == "answer") return "origins think";
  return printable(stage);
}

/// Three significant digits: "0.214 ms", "11.4 ms", "184 ms", "1.50 s".
std::string time_text(double ms) {
  const double value = ms < 1000 ? ms : ms / 1000;
  char text[32];
  std::snprintf(text, sizeof text,
                value < 10    ? "%.2f %s"
                : value < 100 ? "%.1f %s"
                              : "%.0f %s",
                value, ms < 1000 ? "ms" : "s");
  return text;
}

std::string percent_text(double percent) {
  char text[32];
  std::snprintf(text, sizeof text, percent < 10 ? "%.1f %%" : "%.0f %%", percent);
  return text;
}

std::string usual_text(const Slow& slow, double usual_ms) {
  return slow.usual.empty() || usual_ms == 0 ? "-" : time_text(usual_ms);
}

/// The span that stands for its stage: that of which most is known, of slow ones if there are any.
const SlowSpan* chief_of(const SlowStage& stage) {
  const SlowSpan* chief = nullptr;
  for (const SlowSpan& span : stage.spans) {
    if (span.count == 0) continue;
    const bool better = chief == nullptr || (span.slow == chief->slow ? span.count > chief->count : span.slow);
    if (better) chief = &span;
  }
  return chief;
}

const SlowSpan* other_of(const SlowStage& stage, const SlowSpan& chief) {
  for (const SlowSpan& span : stage.spans)
    if (&span != &chief && span.count > 0) return &span;
  return nullptr;
}

/// What is to be said beside a stage that is as usual.
std::string aside_of(const SlowStage& stage, const SlowSpan& chief) {
  if (const SlowSpan* other = other_of(stage, chief)) return printable(other->carrier) + ' ' + time_text(other->now_ms);
  return stage.spans.size() < 2 ? "" : "of " + printable(chief.carrier) + " connections alone";
}

/// The proof of guilt or innocence: what connections take that pass on the wire.
std::string proof_of(const SlowStage& stage, const SlowSpan& chief) {
  if (stage.spans.size() < 2) return {};
  const SlowSpan* other = other_of(stage, chief);
  const std::string passed = "passed ones, untouched by Weir";
  if (chief.carrier == "passed") return passed + (other == nullptr ? "" : "; held " + time_text(other->now_ms));
  if (other == nullptr) return "held ones; none passed to compare with";
  return passed + (other->slow ? ", suffer alike: " : ", do not suffer: ") + time_text(other->now_ms);
}

/// The stage of which the first line speaks; null: of none.
const SlowStage* spoken_of(const Slow& slow) {
  const auto is_slow = [](const SlowStage& stage) { return std::ranges::any_of(stage.spans, &SlowSpan::slow); };
  const SlowStage* found = nullptr;
  for (const SlowStage& stage : slow.stages) {
    if (is_slow(stage) && (found == nullptr || stage.stage == slow.verdict)) found = &stage;
  }
  return found;
}

std::string answer_of(const Slow& slow) {
  const std::string& v = slow.verdict;
  if (v == "nothing") return "nothing is slow";
  if (v == "client") return "the clients' side is slow, this gateway is not";
  if (v == "origin") return "the internet side is slow, this gateway is not";
  if (v == "inside") return "this gateway is slow";
  if (v == "outage") return "no origin answers, this gateway is not slow";
  if (v == "answer") return "origins think long; the way to them is not slow, nor is this gateway";
  if (slow.usual.empty()) return "no usual yet to compare with";
  return "too little traffic to say";
}

std::string window_text(const Slow& slow) {
  const std::int64_t minutes = std::max<std::int64_t>(1, (slow.now - slow.from + 30) / 60);
  const std::string text = "last " + std::to_string(minutes) + " min";
  return slow.usual.empty() ? text : text + ", against " + printable(slow.usual);
}

/// "16 times, since 02:41", where that is what the first line speaks of.
std::string excess_text(const Slow& slow) {
  if (slow.since == 0) return {};
  char times[32];
  std::snprintf(times, sizeof times, slow.times < 10 ? "%.1f times" : "%.0f times", slow.times);
  return std::string(times) + ", since " + clock_text(slow.since, slow.now);
}

void stages(const Slow& slow, Page& page) {
  using enum Table::Align;
  Table table({{"", left}, {"now", right}, {"usual", right}, {"", left, 30}});
  const SlowStage* spoken = spoken_of(slow);
  for (const SlowStage& stage : slow.stages) {
    const SlowSpan* chief = chief_of(stage);
    if (chief == nullptr) continue;
    table.add({label_of(stage.stage), time_text(chief->now_ms), usual_text(slow, chief->usual_ms),
               &stage == spoken ? excess_text(slow) : aside_of(stage, *chief)},
              chief->slow ? Mark::attention : Mark::none);
    const std::string proof = &stage == spoken ? proof_of(stage, *chief) : "";
    if (!proof.empty()) table.add({"", "", "", proof});
  }
  for (const control::SentAgain& again : slow.again) {
    const double now =
        100 * static_cast<double>(again.again) / static_cast<double>(std::max<std::uint64_t>(1, again.sent));
    table.add({"sent again", percent_text(now), slow.usual.empty() ? "-" : percent_text(again.usual_percent),
               std::string(again.carrier == "passed" ? "of handshakes" : "of segments") + ", lost on the side of " +
                   (again.side == "client" ? "clients" : "origins")});
  }
  if (!table.empty()) table.print(page);
}

void hints(const Slow& slow, Page& page) {
  const std::string& v = slow.verdict;
  if (v == "client") page.hint("look at Wi-Fi and switches; who is there: proxyctl clients");
  if (v == "origin") page.hint("tell the provider; evidence: proxyctl slow --json");
  if (v == "outage") page.hint("look at the uplink and the next hop; what clients got: proxyctl flows --failed");
  if (v == "answer") page.hint("proxyctl top names the hosts that move most");
  if (v == "inside") page.hint("to be sure: proxyctl drain, then look again; proxyctl drain --undo");
  if (v == "nothing") page.hint("one client complains: proxyctl flows --failed --client CLIENT");
  if (v == "unknown") page.hint("proxyctl top shows what goes on now");
}

}  // namespace

std::string outage_text(const control::Outage& outage, std::int64_t now) {
  return "none of " + plural(outage.asked, "address", "addresses") + " asked over " + printable(outage.families) +
         " said a word since " + clock_text(outage.since, now);
}

std::string slow_text(const Slow& slow, const Look& look) {
  Page page(look);
  const bool fine = slow.verdict == "nothing" || slow.verdict == "unknown";
  page.headline(fine                       ? Mark::fine
                : slow.verdict == "outage" ? Mark::act
                                           : Mark::attention,
                answer_of(slow), window_text(slow));
  if (slow.outage.since != 0)
    page.trouble(slow.outage.total ? Mark::none : Mark::attention, "origins", outage_text(slow.outage, slow.now), "");
  stages(slow, page);
  if (!slow.needs.empty()) {
    std::string needs = "needs " + printable(slow.needs);
    if (slow.usual.empty() && !slow.most.empty()) needs += "; most of the time goes to: " + label_of(slow.most);
    page.row(slow.usual.empty() ? "no usual yet" : "not judged", needs);
  }
  if (!slow.trouble.empty()) page.trouble(Mark::attention, "history", printable(slow.trouble), "");
  hints(slow, page);
  return page.text();
}

int slow(const Arguments& arguments, const Look& look) {
  return show<Slow>(arguments, look, {.path = "/v1/slow"}, [&](const Slow& all) { return slow_text(all, look); });
}

}  // namespace weir::proxyctl
