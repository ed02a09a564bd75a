#include "account/ledger.h"

#include <algorithm>
#include <utility>

namespace weir::account {

std::string_view word(Count count) {
  constexpr std::string_view words[] = {
#define WEIR_COUNTER(name, text) #name,
#include "weir/counters.def"
#undef WEIR_COUNTER
  };
  return words[static_cast<int>(count)];
}

namespace {

template <std::size_t N>
void add(std::array<std::uint64_t, N>& sums, const std::array<Counter, N>& block) {
  for (std::size_t i = 0; i < N; ++i) sums[i] += block[i].read();
}

WallTime end_of(const Record& record) {
  return record.ts + std::chrono::duration_cast<WallTime::duration>(record.duration);
}

}  // namespace

Totals& Totals::operator+=(const Counters& block) {
  add(count, block.count);
  add(depth, block.depth);
  add(action, block.action);
  add(would, block.would);
  add(records, block.records);
  add(connections, block.connections);
  add(cache, block.cache);
  return *this;
}

std::uint64_t Totals::open() const {
  // Read while workers run: an end may be seen whose beginning was counted after this sum passed by.
  std::uint64_t opened = of(Count::opened), ended = of(Count::ended);
  return opened > ended ? opened - ended : 0;
}

std::uint64_t Totals::all() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t lines : records) sum += lines;
  return sum;
}

std::uint64_t Totals::failed() const {
  std::uint64_t sum = 0;
  for (int i = 0; i < close_reasons; ++i) {
    if (is_failure(static_cast<CloseReason>(i))) sum += records[i];
  }
  return sum;
}

void Recent::add(const Record& record) {
  std::lock_guard lock(mutex_);
  if (slots_.size() < kept_) slots_.emplace_back();
  Record& slot = slots_[next_ % kept_];
  slot = record;
  slot.heads.reset();
  if (slot.url.size() > url_bytes) slot.url = slot.url.substr(0, url_bytes);
  ++next_;
}

void Recent::list(const Filter& filter, std::vector<Record>& found) const {
  std::lock_guard lock(mutex_);
  std::size_t taken = 0;
  for (std::size_t back = 1; back <= slots_.size() && taken < filter.limit; ++back) {
    const Record& record = slots_[(next_ - back) % kept_];
    if (filter.failed && !is_failure(record.reason)) continue;
    if (!filter.wants(record)) continue;
    if (filter.since && end_of(record) < *filter.since) continue;
    if (filter.code && number_of_code(record.id) != *filter.code) continue;
    found.push_back(record);
    ++taken;
  }
}

Ledger::Ledger(unsigned number, Flows& flows, AccessLog& log, Busy& busy, Clients& clients, const Names& names,
               Reach& reach)
    : number_(number),
      ids_(number, std::chrono::system_clock::now()),
      flows_(flows),
      log_(log),
      busy_(busy),
      clients_(clients),
      names_(names),
      reach_(reach) {}

FlowId Ledger::opened(const Opening& opening) {
  auto now = std::chrono::steady_clock::now();
  Live live;
  live.since = opening.since.value_or(now);
  live.record.ts = std::chrono::system_clock::now() - (now - live.since);
  live.record.id = opening.id != 0 ? opening.id : ids_.next();
  live.record.flow = opening.flow;
  live.record.depth = opening.depth;
  live.client = clients_.key_of(opening.flow);
  live.record.client_name = names_.of(opening.flow.client.address, live.client.device());
  const auto counted = clients_.opened(live.client, opening.flow.client.address, live.record.ts, opening.most,
                                       now - live.since > Clients::quiet);
  live.counted = counted != Clients::Count::none;
  live.beyond = counted == Clients::Count::beyond;
  FlowId id = live.record.id;
  // A flow may be announced twice, where the kernel forgot that it was.
  if (const auto before = flows_.insert(std::move(live)); before && before->counted) clients_.ended(before->client);
  counters_.of(Count::opened).add();
  return id;
}

void Ledger::judged(FlowId id, Judgement judgement) {
  bool first = false;
  const Depth depth = judgement.depth;
  const Count shown = judgement.host.empty() ? Count::nameless : Count::named;
  flows_.update(id, [&](Live& live) {
    first = !std::exchange(live.judged, true);
    live.record.host = std::move(judgement.host);
    live.record.depth = judgement.depth;
    live.record.action = judgement.action;
    live.record.rule = std::move(judgement.rule);
    live.record.would = judgement.would;
    live.record.would_rule = std::move(judgement.would_rule);
  });
  if (!first) return;
  counters_.of(depth).add();
  if (depth != Depth::pass) counters_.of(shown).add();
}

void Ledger::request(Record record) {
  ClientKey client;
  flows_.update(record.id, [&](Live& live) {
    ++live.requests;
    record.client_name = live.record.client_name;
    client = live.client;
  });
  counters_.of(Count::requests).add();
  if (record.cache) {
    counters_.of(*record.cache).add();
    if (is_saved(*record.cache)) counters_.of(Count::cache_bytes).add(record.bytes_out);
  }
  write(record, client);
}

bool Ledger::exceeds(FlowId id) {
  bool exceeds = false;
  flows_.update(id, [&](const Live& live) { exceeds = live.beyond; });
  return exceeds;
}

void Ledger::moved(FlowId id, Traffic total) {
  flows_.update(id, [&](Live& live) {
    live.record.bytes_in = total.in;
    live.record.bytes_out = total.out;
  });
}

void Ledger::ended(FlowId id, CloseReason reason, std::optional<Traffic> total) {
  std::optional<Live> live = flows_.take(id);
  if (!live) return;

  counters_.of(Count::ended).add();
  counters_.connections[static_cast<int>(reason)].add();
  if (live->counted) clients_.ended(live->client);
  if (live->requests > 0) return;

  Record& record = live->record;
  record.reason = reason;
  record.duration = std::chrono::steady_clock::now() - live->since;
  if (total) {
    record.bytes_in = total->in;
    record.bytes_out = total->out;
  }
  write(record, live->client);
}

void Ledger::dialled(Dial dial) {
  switch (dial) {
    case Dial::same_port: return counters_.of(Count::dial_same_port).add();
    case Dial::other_port: return counters_.of(Count::dial_other_port).add();
    case Dial::gateway: return counters_.of(Count::dial_gateway).add();
  }
}

void Ledger::write(const Record& record, const ClientKey& client) {
  counters_.of(record.action).add();
  if (record.would) counters_.would[static_cast<int>(*record.would)].add();
  hits_.add(record);
  counters_.records[static_cast<int>(record.reason)].add();
  counters_.of(Count::bytes_in).add(record.bytes_in);
  counters_.of(Count::bytes_out).add(record.bytes_out);
  recent_.add(record);
  clients_.carried(client, record.bytes_in, record.bytes_out, refuses(record.action));
  if (refuses(record.action)) refused_.add(record);
  const bool let_through = record.action == Action::allow || record.action == Action::pass;
  if (let_through && !record.host.empty()) busy_.note(record.host, record.flow, client, record.ts);
  if (!log_.push(number_, record)) counters_.of(Count::log_dropped).add();
}

Books::Books(unsigned ledgers, LogSettings log) : log_(std::move(log), ledgers) {
  for (unsigned i = 0; i < ledgers; ++i)
    ledgers_.push_back(std::make_unique<Ledger>(i, flows_, log_, busy_, clients_, names_, reach_));
}

Totals Books::totals() const {
  Totals sum;
  for (const auto& ledger : ledgers_) sum += ledger->counters();
  return sum;
}

TimingSums Books::timings() const {
  TimingSums sums;
  for (const auto& ledger : ledgers_) sums += std::as_const(*ledger).timings();
  return sums;
}

HitsByRule Books::hits() const {
  HitsByRule sums;
  for (const auto& ledger : ledgers_) ledger->hits().add_to(sums);
  return sums;
}

std::optional<HitsByRule> Books::hits_now() const {
  HitsByRule sums;
  for (const auto& ledger : ledgers_) {
    if (!ledger->hits().try_add_to(sums)) return {};
  }
  return sums;
}

std::vector<Record> Books::live(const Filter& filter) const {
  return flows_.list(filter, std::chrono::steady_clock::now());
}

std::vector<Record> Books::recent(const Filter& filter) const { return gather(filter, &Ledger::recent); }
std::vector<Record> Books::refused(const Filter& filter) const { return gather(filter, &Ledger::refused); }

std::vector<Record> Books::gather(const Filter& filter, const Recent& (Ledger::*part)() const) const {
  std::vector<Record> found;
  for (const auto& ledger : ledgers_) ((*ledger).*part)().list(filter, found);
  std::sort(found.begin(), found.end(), [](const Record& a, const Record& b) { return end_of(a) > end_of(b); });
  if (found.size() > filter.limit) found.resize(filter.limit);
  return found;
}

}  // namespace weir::account
