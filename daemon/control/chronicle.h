// What happened to the gateway, across its runs: one line of JSON an event in control.state.
//
// Every line is flushed to disk, so that the last one before a power cut is there.  Beyond twice the most that are
// kept the file is written anew with the newest.  A disk that takes no more lines costs the history, nothing else.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "config/by_hand.h"
#include "weir/control.h"

namespace weir::control {

/// A change by hand for the history: ".a.example open for @kids".
std::string told(const config::Change& change);
/// Their numbers: "7", "7 and 9", "1, 2, 3 and 12 more".
std::string numbers_of(const std::vector<config::Change>& changes);

class Chronicle {
 public:
  static constexpr std::size_t most = 1000;  ///< events that are kept

  /// Reads what there is; a line that is no event, or only a part of one, is passed over.
  explicit Chronicle(const std::string& folder);

  /// The first event of a run, and before it, that the run before ended without goodbye, if it did.  `boot`: differs
  /// for every boot of the machine.
  void begin(Event started, const std::string& boot);
  void add(Event event);

  /// Of `time` and later, the oldest first.
  std::vector<Event> since(std::int64_t time) const;

 private:
  struct Line {
    Event event;
    std::string boot;  ///< of "started"
  };
  void read();
  void put(Line line);

  std::string path_;
  std::deque<Line> lines_;
  std::size_t on_disk_ = 0;  ///< lines in the file
  bool torn_ = false;        ///< its last line has no end
  bool failing_ = false;     ///< and somebody has been told
};

}  // namespace weir::control
