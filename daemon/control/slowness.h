// Behind `proxyctl slow`: what is usual, kept in control.state across runs, and the comparison in the words of the
// control protocol.
#pragma once

#include <string>

#include "account/usual.h"
#include "weir/control.h"

namespace weir::control {

class Slowness {
 public:
  /// Reads what earlier runs learned, from DIR/slow.json.  What cannot be understood is begun afresh, and said.
  Slowness(std::string folder, std::int64_t now);

  /// At every turn of the control thread, which the sums then cost something once in half a minute.  Writes the file at
  /// the end of an hour; a disk that does not take it costs the history, nothing else.
  template <class Sums>
  void look(Sums&& sums, std::int64_t now) {
    if (now < next_look_ && now >= last_look_) return;
    last_look_ = now;
    next_look_ = now + account::Usual::look_every;
    if (usual_.look(sums(), now)) keep();
  }
  /// With the history on disk; "" = none.
  const std::string& trouble() const { return trouble_; }
  Slow compare(const account::TimingSums& sums, std::int64_t now) const;

 private:
  void keep();

  std::string folder_;
  std::string trouble_;
  account::Usual usual_;
  std::int64_t last_look_ = 0, next_look_ = 0;
};

}  // namespace weir::control
