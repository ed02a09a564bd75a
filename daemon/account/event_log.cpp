#include "account/event_log.h"

#include <pthread.h>
#include <signal.h>

#include "account/json.h"

namespace weir::account {

using namespace std::chrono_literals;

EventLog::EventLog() {
  writer_ = std::thread([this] { run(); });
}

EventLog::~EventLog() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  work_.notify_one();
  writer_.join();
}

void EventLog::say(Severity severity, std::string_view text) {
  Message message{.text = std::string(text), .ts = std::chrono::system_clock::now(), .severity = severity};
  for (char& c : message.text) {
    if (c == '\n') c = ' ';
  }
  message.text += '\n';
  {
    std::lock_guard lock(mutex_);
    if (settings_.where.empty()) return;
    if (queue_.size() == capacity) {
      ++dropped_;
      return;
    }
    queue_.push_back(std::move(message));
  }
  work_.notify_one();
}

void EventLog::reopen(LogSettings settings) {
  {
    std::lock_guard lock(mutex_);
    settings_ = std::move(settings);
    reopen_ = true;
  }
  work_.notify_one();
}

std::string EventLog::where() const {
  std::lock_guard lock(mutex_);
  return settings_.where;
}

void EventLog::run() {
  pthread_setname_np(pthread_self(), "weir-events");
  sigset_t all;  // as in the access log
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);

  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait_for(lock, 1min, [this] { return reopen_ || stop_ || !queue_.empty(); });
    const bool stopping = stop_;
    const bool reopening = std::exchange(reopen_, false);
    const LogSettings settings = settings_;
    std::deque<Message> taken = std::exchange(queue_, {});
    lock.unlock();
    if (reopening) outlet_.open(settings);
    for (Message& message : taken) {
      // A file has nothing else to say when it was and how much it matters.
      if (settings.where.starts_with('/')) {
        constexpr std::string_view words[] = {"", "", "", "error ", "warning ", "", "info "};
        message.text =
            rfc3339(message.ts) + ' ' + std::string(words[static_cast<int>(message.severity)]) + message.text;
      }
      outlet_.write({&message, 1});
    }
    outlet_.tend();
    lock.lock();
    if (stopping && queue_.empty()) return;
  }
}

}  // namespace weir::account
