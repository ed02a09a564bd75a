#include "account/access_log.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

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

AccessLog::AccessLog(std::string path, unsigned producers) : path_(std::move(path)), on_(!path_.empty()) {
  for (unsigned i = 0; i < producers; ++i) rings_.push_back(std::make_unique<Ring>());
  writer_ = std::thread([this] { run(); });
}

AccessLog::~AccessLog() {
  stop_ = true;
  wake();
  writer_.join();
}

bool AccessLog::push(unsigned producer, const Record& record) {
  if (!on_.load(std::memory_order_relaxed)) return true;
  if (!rings_[producer]->push(record)) return false;
  wake();
  return true;
}

void AccessLog::reopen() {
  reopen_ = true;
  wake();
}

void AccessLog::reopen(std::string path) {
  {
    std::lock_guard lock(mutex_);
    path_ = std::move(path);
    on_ = !path_.empty();
  }
  reopen();
}

std::string AccessLog::path() const {
  std::lock_guard lock(mutex_);
  return path_;
}

// The producer stores, then looks at `asleep_`; the writer sets `asleep_`, then looks at the rings.  Both in
// sequentially consistent order, so at least one of the two sees the other, and no record waits for the next one.
void AccessLog::wake() {
  if (asleep_.load() != 0 && asleep_.exchange(0) != 0) asleep_.notify_one();
}

bool AccessLog::idle() const {
  return !stop_ && !reopen_ && std::all_of(rings_.begin(), rings_.end(), [](auto& ring) { return ring->empty(); });
}

void AccessLog::run() {
  pthread_setname_np(pthread_self(), "weir-log");
  // Signals belong to the main thread, and a FIFO whose reader left must be an error, not SIGPIPE.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);

  for (;;) {
    bool stopping = stop_;  // read first: what was pushed before the stop is still written
    if (reopen_.exchange(false)) open(path());
    drain();
    if (stopping) return;

    asleep_ = 1;
    if (idle()) asleep_.wait(1);
    asleep_ = 0;
    if (!stop_) std::this_thread::sleep_for(10ms);
  }
}

void AccessLog::drain() {
  constexpr std::size_t batch = 64 << 10;
  std::string lines;
  for (auto& ring : rings_) {
    while (std::optional<Record> record = ring->pop()) {
      lines += json_line(*record);
      if (lines.size() < batch) continue;
      write(lines);
      lines.clear();
    }
  }
  write(lines);
}

void AccessLog::open(const std::string& path) {
  open_errno_ = 0;
  if (path.empty()) {
    file_.reset();
    errno_ = 0;
    return;
  }
  if (auto slash = path.rfind('/'); slash != std::string::npos && slash > 0) {
    ::mkdir(path.substr(0, slash).c_str(), 0750);  // /var/log/weir on the first start; if it fails, open says why
  }
  // O_NONBLOCK: opening a FIFO without a reader is an error instead of a writer that hangs.
  Fd opened(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640));
  if (!opened) {
    errno_ = open_errno_ = errno;
    retry_ = std::chrono::steady_clock::now() + 1s;
    return;
  }
  file_ = std::move(opened);
  torn_ = false;
  errno_ = 0;
}

void AccessLog::write(std::string_view lines) {
  if (lines.empty()) return;
  if ((!file_ || open_errno_ != 0) && std::chrono::steady_clock::now() >= retry_) open(path());

  // A line that a full disk cut stands alone, the next one is whole again.
  if (file_ && torn_ && ::write(file_.get(), "\n", 1) == 1) torn_ = false;
  std::size_t done = 0;
  while (file_ && !(torn_ && done == 0) && done < lines.size()) {
    ssize_t n = ::write(file_.get(), lines.data() + done, lines.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      errno_ = errno;
      break;
    }
    done += static_cast<std::size_t>(n);
  }
  if (done > 0) torn_ = lines[done - 1] != '\n';
  if (done == lines.size()) errno_ = open_errno_;
  lines.remove_prefix(done);
  lost_ += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
}

}  // namespace weir::account
