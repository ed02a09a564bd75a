// What a change by hand that opens comes to: which rule it takes the place of, and where locked rules hold on.
//
// Found by trying: the names and clients that the change and the locked rules speak of, some dozens of each, on port
// 443.  Locked rules for other ports or for destinations hold too, and are not named.
#pragma once

#include <string>
#include <vector>

#include "policy/policy.h"

namespace weir::policy {

struct Effect {
  int overrides = -1;  ///< the rule of before that refused what is open now; -1: none is known
  struct Held {
    std::string name;  ///< "" = whatever names no host
    int rule = -1;     ///< a locked one that refuses it still
  };
  std::vector<Held> held;
  bool opens = false;  ///< something of what it names
};

/// `rule` is what comes of the change, and stands in `after`.
Effect effect_of(const config::Rule& rule, const Snapshot& before, const Snapshot& after, const NameLists& lists);

}  // namespace weir::policy
