// Those who watch are answered by a thread of its own, which waits for no other: what it says of the gateway it reads
// from the counters, and what only the control thread knows from the board.  It also leaves a page beside the control
// socket, for the day when nobody answers.
#pragma once

#include <optional>
#include <string>
#include <thread>

#include "base/addr.h"
#include "base/fd.h"
#include "control/board.h"
#include "control/desk.h"
#include "io/loop.h"

namespace weir::control {

/// Where proxyctl looks for the page of the daemon at `socket`.
std::string last_page_of(const std::string& socket);

class Watchers {
 public:
  /// `metrics`: where /metrics and /healthz are; empty: nowhere.  A port that is taken is an error to be told, and no
  /// more.
  Watchers(Gauges& gauges, const Board& board, std::optional<Endpoint> metrics, const std::string& socket);
  /// The page goes, too.
  ~Watchers();

  void start();

 private:
  void open(const Endpoint& place);
  io::Task<void> answer_watchers(Fd listening);
  io::Task<void> leave_pages();
  void leave_page();

  Gauges& gauges_;
  const Board& board_;
  std::optional<Endpoint> metrics_;
  std::string page_;
  io::Loop loop_;
  std::jthread thread_;
};

}  // namespace weir::control
