// What is kept below control.state, so that a boot without an uplink has its lists and a change by hand outlives the
// run: a folder a list, with the last good copy as it came (load/bundle.h: in several files), an update that is held,
// and a page about both; and a page of changes by hand.
//
// Every file is written beside, flushed and renamed, so that a crash leaves the old one or the new one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/by_hand.h"

namespace weir::load {

/// The page about a list.  Times are seconds since 1970, 0 = never.
struct Kept {
  std::string url;                  ///< whence the copy is: that of another URL is not used
  std::string etag;                 ///< of the newest that was fetched, whether it was taken or held
  std::string last_modified;        ///< the same
  std::int64_t updated = 0;         ///< when the copy was taken
  std::int64_t checked = 0;         ///< when the server answered last
  std::string held;                 ///< why the update beside is not taken; "" = there is none
  std::int64_t held_at = 0;         ///< since when
  std::vector<std::string> except;  ///< by hand: "a.example", ".b.example"
};

/// Changes by hand that are in force, and the number of the last one that ever was: a number is never used twice.
struct ByHand {
  unsigned last = 0;
  std::vector<config::Change> changes;
};

class Keep {
 public:
  explicit Keep(std::string folder) : folder_(std::move(folder)) {}

  /// An empty page when there is none, or none that can be read.
  Kept about(const std::string& list) const;
  /// Sets `text` to the last good copy, as it came.  Errors: system.
  Result<void> copy(const std::string& list, std::string& text) const { return read(list, "copy", text); }
  Result<void> held(const std::string& list, std::string& text) const { return read(list, "held", text); }

  Result<void> put_about(const std::string& list, const Kept& kept) const;
  Result<void> put_copy(const std::string& list, std::string_view text) const { return write(list, "copy", text); }
  Result<void> put_held(const std::string& list, std::string_view text) const { return write(list, "held", text); }
  void drop_held(const std::string& list) const;

  /// None when there is no page.  Errors: system, also when it cannot be understood.
  Result<ByHand> by_hand() const;
  Result<void> put_by_hand(const ByHand& by_hand) const;

 private:
  /// A list may be called "..": what stands before it makes that a name like any other.
  std::string path(const std::string& list) const { return folder_ + "/list." + list; }
  Result<void> read(const std::string& list, const char* file, std::string& text) const;
  Result<void> write(const std::string& list, const char* file, std::string_view text) const;

  std::string folder_;
};

}  // namespace weir::load
