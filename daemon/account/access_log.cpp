#include "account/access_log.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>

#include "account/formats.h"
#include "account/json.h"

namespace weir::account {

using namespace std::chrono_literals;

bool Ring::push(const Record& record) {
  std::size_t tail = tail_.load(std::memory_order_relaxed);
  if (tail - head_.load(std::memory_order_acquire) == capacity) return false;
  slots_[tail % capacity] = record;
  tail_.store(tail + 1);
  return true;
}

std::optional<Record> Ring::pop() {
  std::size_t head = head_.load(std::memory_order_relaxed);
  if (head == tail_.load(std::memory_order_acquire)) return std::nullopt;
  // Moved out: after a burst of long URLs the ring does not keep their memory.
  std::optional<Record> record = std::exchange(slots_[head % capacity], {});
  head_.store(head + 1, std::memory_order_release);
  return record;
}

namespace {

/// What `log.only = "blocked"` leaves: also what would have been refused, or a trial of rules could not be read.
bool concerns_a_refusal(const Record& record) {
  return refuses(record.action) || (record.would && refuses(*record.would));
}

}  // namespace

AccessLog::AccessLog(LogSettings settings, unsigned producers) {
  for (unsigned i = 0; i < producers; ++i) rings_.push_back(std::make_unique<Ring>());
  take_over(settings);
  writer_ = std::thread([this] { run(); });
}

AccessLog::~AccessLog() {
  stop_ = true;
  wake();
  writer_.join();
}

bool AccessLog::push(unsigned producer, const Record& record) {
  if (!on_.load(std::memory_order_relaxed)) return true;
  if (only_blocked_.load(std::memory_order_relaxed) && !concerns_a_refusal(record)) return true;
  if (!rings_[producer]->push(record)) return false;
  wake();
  return true;
}

void AccessLog::take_over(const LogSettings& settings) {
  std::lock_guard lock(mutex_);
  settings_ = settings;
  on_ = !settings.where.empty();
  only_blocked_ = settings.only_blocked;
  query_ = settings.query;
  heads_ = !settings.where.empty() && settings.format != LogFormat::json;
}

void AccessLog::reopen() {
  reopen_ = true;
  wake();
}

void AccessLog::reopen(LogSettings settings) {
  take_over(settings);
  reopen();
}

void AccessLog::tend() {
  tend_ = true;
  wake();
}

LogSettings AccessLog::settings() const {
  std::lock_guard lock(mutex_);
  return settings_;
}

std::string AccessLog::where() const { return settings().where; }

// The producer stores, then looks at `asleep_`; the writer sets `asleep_`, then looks at the rings.  Both in
// sequentially consistent order, so at least one of the two sees the other, and no record waits for the next one.
void AccessLog::wake() {
  if (asleep_.load() != 0 && asleep_.exchange(0) != 0) asleep_.notify_one();
}

bool AccessLog::idle() const {
  return !stop_ && !reopen_ && !tend_ &&
         std::all_of(rings_.begin(), rings_.end(), [](auto& ring) { return ring->empty(); });
}

void AccessLog::run() {
  pthread_setname_np(pthread_self(), "weir-log");
  // Signals belong to the main thread, and a FIFO whose reader left must be an error, not SIGPIPE.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);

  LogFormat format{};
  for (bool query = false;;) {
    bool stopping = stop_;  // read first: what was pushed before the stop is still written
    if (reopen_.exchange(false)) {
      LogSettings now = settings();
      format = now.format;
      query = now.query;
      outlet_.open(std::move(now));
    }
    if (tend_.exchange(false)) outlet_.tend();
    drain(format, query);
    if (stopping) return;

    asleep_ = 1;
    if (idle()) asleep_.wait(1);
    asleep_ = 0;
    if (!stop_) std::this_thread::sleep_for(10ms);
  }
}

void AccessLog::drain(LogFormat format, bool query) {
  constexpr std::size_t batch = 64 << 10;
  std::vector<Message> messages;
  std::size_t size = 0;
  for (auto& ring : rings_) {
    while (std::optional<Record> record = ring->pop()) {
      Message message{.text = line_of(*record, format, query), .ts = record->ts};
      if (message.text.empty()) continue;
      if (outlet_.wants_fields()) message.fields = journal_fields(*record);
      size += message.text.size();
      messages.push_back(std::move(message));
      if (size < batch) continue;
      outlet_.write(messages);
      messages.clear();
      size = 0;
    }
  }
  outlet_.write(messages);
}

}  // namespace weir::account
