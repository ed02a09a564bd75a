#include "account/usual.h"

#include <algorithm>

namespace weir::account {

namespace {

/// What is more than usual by less than this is felt by nobody.
std::uint64_t least_felt_us(Span span) {
  switch (span) {
    case Span::client_passed:
    case Span::client_held: return 20'000;
    case Span::inside: return 5'000;
    case Span::origin_passed:
    case Span::origin_held: return 30'000;
    case Span::answer: return 100'000;
  }
  return 0;
}

Verdict verdict_on(Span span) {
  switch (span) {
    case Span::client_passed:
    case Span::client_held: return Verdict::client;
    case Span::inside: return Verdict::inside;
    case Span::origin_passed:
    case Span::origin_held: return Verdict::origin;
    case Span::answer: return Verdict::answer;
  }
  return Verdict::unknown;
}

constexpr std::size_t pieces_kept = 24 * 3600 / Usual::window;

/// The middle of what several pieces of time say, each counting once: one bad night does not make bad nights usual.
Middle middle_of(const std::vector<const Summary*>& pieces, Span span, std::size_t least) {
  std::vector<std::uint64_t> all;
  Middle middle;
  for (const Summary* piece : pieces) {
    if (piece->of(span).count < enough) continue;
    all.push_back(piece->of(span).us);
    middle.count += piece->of(span).count;
  }
  if (all.size() < least) return {};
  const auto half = all.begin() + static_cast<std::ptrdiff_t>((all.size() - 1) / 2);
  std::ranges::nth_element(all, half);
  middle.us = *half;
  return middle;
}

/// Of those pieces; a span of which fewer than `least` know enough has no usual.
Summary usual_of(const std::vector<const Summary*>& pieces, std::size_t least) {
  Summary usual;
  for (int s = 0; s < spans; ++s) usual.took[s] = middle_of(pieces, static_cast<Span>(s), least);
  for (const Summary* piece : pieces) {
    for (int w = 0; w < ways; ++w) {
      usual.handshakes[w].sent += piece->handshakes[w].sent;
      usual.handshakes[w].again += piece->handshakes[w].again;
      usual.segments[w].sent += piece->segments[w].sent;
      usual.segments[w].again += piece->segments[w].again;
    }
  }
  return usual;
}

bool any(const Summary& usual) {
  return std::ranges::any_of(usual.took, [](const Middle& middle) { return middle.count > 0; });
}

}  // namespace

std::string_view word(Verdict verdict) {
  constexpr std::string_view words[] = {"unknown", "nothing", "client", "inside", "origin", "answer"};
  return words[static_cast<int>(verdict)];
}

Summary summary_of(const TimingSums& sums, std::int64_t begin) {
  Summary summary{.begin = begin, .handshakes = sums.handshakes, .segments = sums.segments};
  for (int s = 0; s < spans; ++s) {
    const auto span = static_cast<Span>(s);
    summary.took[s] = {sums.count(span), sums.middle(span)};
  }
  return summary;
}

bool is_slow(Span span, const Middle& now, const Middle& usual) {
  if (now.count < enough || usual.count == 0) return false;
  return now.us >= 3 * usual.us && now.us >= usual.us + least_felt_us(span);
}

Judged judge(const Summary& now, const Summary& usual) {
  Judged judged;
  std::uint64_t most = 0;
  for (int s = 0; s < spans; ++s) {
    const auto span = static_cast<Span>(s);
    const bool known = now.of(span).count >= enough && usual.of(span).count > 0;
    if (known && judged.verdict == Verdict::unknown) judged.verdict = Verdict::nothing;
    if (!is_slow(span, now.of(span), usual.of(span))) continue;
    const std::uint64_t excess = now.of(span).us - usual.of(span).us;
    if (excess <= most) continue;
    most = excess;
    judged.by = span;
    judged.verdict = verdict_on(span);
  }
  const Middle& passed = now.of(Span::origin_passed);
  const Middle& passed_usual = usual.of(Span::origin_passed);
  const bool comparable = passed.count >= enough && passed_usual.count > 0;
  if (judged.verdict != Verdict::origin || !comparable) return judged;
  judged.passed_too = is_slow(Span::origin_passed, passed, passed_usual);
  if (!judged.passed_too) judged.verdict = Verdict::inside;
  return judged;
}

bool Usual::look(const TimingSums& sums, std::int64_t now) {
  forget(now);
  if (stands_.empty() || now - stands_.back().at >= look_every) stands_.push_back({now, sums});
  if (!piece_) piece_ = {now, sums};
  if (now - piece_->at >= window) {
    pieces_.push_back(summary_of(sums.since(piece_->sums), piece_->at));
    if (pieces_.size() > pieces_kept) pieces_.pop_front();
    piece_ = {now, sums};
  }
  if (!hour_) hour_ = {now, sums};
  const std::int64_t begun = hour_->at - hour_->at % hour;
  if (now < begun + hour) return false;
  Summary ended = summary_of(sums.since(hour_->sums), begun);
  hour_ = {now, sums};
  // A restart cuts an hour in two: the part that knows more stands for it.
  const auto known = std::ranges::find(hours_, begun, &Summary::begin);
  const auto weight = [](const Summary& summary) {
    std::uint64_t sum = 0;
    for (const Middle& middle : summary.took) sum += middle.count;
    return sum;
  };
  if (weight(ended) == 0) return false;
  if (known == hours_.end())
    hours_.push_back(ended);
  else if (weight(*known) < weight(ended))
    *known = ended;
  return true;
}

/// What is too old; and, after the clock was set back, what lies in the future.
void Usual::forget(std::int64_t now) {
  while (stands_.size() > 1 && now - stands_[1].at >= window) stands_.pop_front();
  const auto ahead = [now](std::int64_t at) { return at > now; };
  std::erase_if(stands_, [&](const Stand& stand) { return ahead(stand.at); });
  if (piece_ && ahead(piece_->at)) piece_.reset();
  if (hour_ && ahead(hour_->at)) hour_.reset();
  const auto unfit = [&](std::int64_t oldest) {
    return [&, oldest](const Summary& s) { return ahead(s.begin) || s.begin < oldest; };
  };
  std::erase_if(pieces_, unfit(now - 24 * hour));
  std::erase_if(hours_, unfit(now - (days * 24 + 1) * hour));
}

void Usual::recall(std::vector<Summary> hours, std::int64_t now) {
  std::ranges::sort(hours, {}, &Summary::begin);
  for (Summary& summary : hours) {
    const bool again = !hours_.empty() && hours_.back().begin == summary.begin;
    if (summary.begin % hour == 0 && !again) hours_.push_back(std::move(summary));
  }
  forget(now);
}

/// The same hour of earlier days; where there are too few, today.
void Usual::find_usual(Compared& c, std::int64_t now) const {
  std::vector<const Summary*> same, today;
  for (const Summary& summary : hours_) {
    const std::int64_t ago = now - now % hour - summary.begin;
    if (ago > 0 && ago % (24 * hour) == 0) same.push_back(&summary);
  }
  if (const Summary usual = usual_of(same, days_needed); any(usual)) {
    c.usual = usual;
    c.days = same.size();
    return;
  }
  for (const Summary& piece : pieces_) {
    if (piece.begin + window <= c.now.begin) today.push_back(&piece);
  }
  if (const Summary usual = usual_of(today, pieces_needed); any(usual)) {
    c.usual = usual;
    c.pieces = today.size();
  }
}

/// As far back as every piece in a row was slow in the same place.
std::int64_t Usual::begin_of(const Compared& c) const {
  std::int64_t begin = c.now.begin;
  for (auto piece = pieces_.rbegin(); piece != pieces_.rend(); ++piece) {
    if (piece->begin >= c.now.begin) continue;
    if (!is_slow(*c.judged.by, piece->of(*c.judged.by), c.usual.of(*c.judged.by))) break;
    begin = piece->begin;
  }
  return begin;
}

Usual::Compared Usual::compare(const TimingSums& sums, std::int64_t now) const {
  Compared c;
  const Stand* from = stands_.empty() ? nullptr : &stands_.front();
  c.now = from == nullptr ? summary_of(sums, now) : summary_of(sums.since(from->sums), from->at);
  find_usual(c, now);
  c.judged = judge(c.now, c.usual);
  if (c.judged.by) c.since = begin_of(c);
  return c;
}

}  // namespace weir::account
