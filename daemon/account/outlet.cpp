#include "account/outlet.h"

#include <cerrno>

#include "account/journal.h"
#include "account/log_file.h"
#include "account/syslog.h"

namespace weir::account {

using namespace std::chrono_literals;

std::unique_ptr<Target> open_target(const LogSettings& settings, std::string_view kind) {
  if (settings.where == "journal") return Journal::open(journal_socket, kind);
  if (const auto collector = Collector::parse(settings.where)) return Syslog::open(*collector, kind);
  return LogFile::open(settings.where, {.age = settings.keep_age, .size = settings.keep_size});
}

void Outlet::open(LogSettings settings) {
  settings_ = std::move(settings);
  open_errno_ = 0;
  broken_ = false;
  if (settings_.where.empty()) {
    target_.reset();
    errno_ = 0;
    return;
  }
  try_open();
}

void Outlet::try_open() {
  auto opened = open_target(settings_, kind_);
  if (!opened) {
    errno_ = open_errno_ = errno;
    retry_ = std::chrono::steady_clock::now() + 1s;
    return;
  }
  target_ = std::move(opened);
  broken_ = false;
  errno_ = open_errno_ = 0;
}

void Outlet::write(std::span<const Message> messages) {
  if (messages.empty() || settings_.where.empty()) return;
  const bool usable = target_ && !broken_ && open_errno_ == 0;
  if (!usable && std::chrono::steady_clock::now() >= retry_) try_open();

  // A collector that was restarted takes the rest on its next connection.
  for (int tries = 0; tries < 2 && target_ && !broken_ && !messages.empty(); ++tries) {
    const Target::Written written = target_->write(messages);
    messages = messages.subspan(written.messages);
    errno_ = written.error != 0 ? written.error : open_errno_;
    if (!written.reopen) break;
    broken_ = true;
    try_open();
  }
  lost_ += messages.size();
}

void Outlet::tend() {
  if (!target_ || broken_) return;
  if (const int error = target_->tend(); error != 0) errno_ = error;
}

}  // namespace weir::account
