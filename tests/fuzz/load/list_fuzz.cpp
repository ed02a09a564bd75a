// Any bytes as a host list: every name that comes out is in canonical form, and every line is accounted for.
#include <algorithm>
#include <cstdlib>

#include "base/name.h"
#include "load/list.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto list = weir::load::read_list(text);
  for (const auto* names : {&list.names.exact, &list.names.subtree}) {
    for (const auto& name : *names) {
      if (weir::normalise_name(name) != name) std::abort();
    }
  }
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  if (list.unreadable > lines || list.first_lines.size() > list.unreadable) std::abort();
  return 0;
}
