// Where lines leave the program: a file, the journal, or a collector of syslog messages.  Targets block, each for a
// bounded time, so only a log's own writer thread touches them.  What a target does not take is counted and gone: no
// connection ever waits for a log.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/units.h"
#include "weir/words.h"

namespace weir::account {

/// RFC 5424 §6.2.1.
enum class Severity : std::uint8_t { error = 3, warning = 4, info = 6 };

struct Message {
  std::string text;  ///< one line with its newline
  WallTime ts{};
  Severity severity = Severity::info;
  /// For a target that wants them: "WEIR_CLIENT" and its value.
  std::vector<std::pair<std::string, std::string>> fields = {};
};

struct LogSettings {
  std::string where;  ///< a path, "journal", or a URL of Collector::parse(); "": nowhere
  LogFormat format = LogFormat::json;
  Duration keep_age{};          ///< of a file; both zero: it is never turned over
  std::uint64_t keep_size = 0;  ///< octets, all files of the log together
  bool query = false;           ///< URLs with their query strings
  bool only_blocked = false;    ///< only what a rule refuses, or would
};

class Target {
 public:
  struct Written {
    std::size_t messages = 0;  ///< the first so many were taken
    int error = 0;             ///< errno: why not all, or what else is wrong; 0: nothing
    bool reopen = false;       ///< it must be opened anew before it takes more
  };
  virtual ~Target() = default;
  virtual Written write(std::span<const Message> messages) = 0;
  /// Whether it can use Message::fields.
  virtual bool wants_fields() const { return false; }
  /// Called every minute or so, also while nothing is written.
  virtual int tend() { return 0; }
};

/// `kind` tells messages of one log from those of another: "access", "events".  Null with errno where it cannot be
/// opened.
std::unique_ptr<Target> open_target(const LogSettings& settings, std::string_view kind);

/// A target that can fail, come back and be replaced.  All but error() and lost(): the writer thread.
class Outlet {
 public:
  explicit Outlet(std::string_view kind) : kind_(kind) {}

  /// Opens the target, anew if it is the same.  If that fails the old one stays in use, and it is tried again.
  void open(LogSettings settings);
  void write(std::span<const Message> messages);
  void tend();
  bool wants_fields() const { return target_ && target_->wants_fields(); }

  /// Why lines cannot be written at present; empty when they can.
  std::error_code error() const { return {errno_.load(std::memory_order_relaxed), std::system_category()}; }
  /// Lines that reached the writer and could not be written.
  std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  void try_open();

  std::string kind_;
  LogSettings settings_;
  std::unique_ptr<Target> target_;
  int open_errno_ = 0;  // why the target could not be opened while an older one is in use
  bool broken_ = false;
  Monotonic retry_{};
  std::atomic<int> errno_{0};
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace weir::account
