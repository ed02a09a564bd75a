// What a list holds, as text that a test can compare.
#pragma once

#include <string>
#include <vector>

#include "policy/name_list.h"

namespace weir::load {

/// "a.example" itself, ".b.example" and what is below, "!" in front of exceptions; in the order of the list.
inline std::vector<std::string> names_in(const policy::NameList& list) {
  std::vector<std::string> names;
  list.for_each([&](std::string_view name, policy::NameList::Kind kind) {
    names.push_back(std::string(policy::NameList::is_exception(kind) ? "!" : "") +
                    (policy::NameList::is_subtree(kind) ? "." : "") + std::string(name));
  });
  return names;
}

}  // namespace weir::load
