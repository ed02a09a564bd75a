// Any bytes as a host list, in every format that they may pretend to have: every name that comes out is in canonical
// form, what is broken yields none, and no line is counted twice.
#include <algorithm>
#include <cstdlib>

#include "base/name.h"
#include "load/bundle.h"
#include "load/list.h"

namespace {

using namespace weir;

void check(const load::ListContent& list) {
  std::size_t names = 0;
  for (const auto& [category, set] : list.sets) {
    std::size_t entries = 0;
    set.for_each([&](std::string_view name, policy::NameList::Kind) {
      if (normalise_name(name) != name) std::abort();
      ++entries;
    });
    if (entries != set.entries()) std::abort();
    names += set.names();
  }
  for (const auto& [category, to] : list.links) {
    if (list.sets.contains(category) || !list.sets.contains(to)) std::abort();
  }
  if (names != list.names && list.broken.empty()) std::abort();
  if (!list.broken.empty() && !list.sets.empty()) std::abort();
  if (list.first_places.size() > list.unreadable) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto list = load::read_list(text);
  check(list);
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  const bool is_text =
      list.format < load::Format::cache_domains && !text.starts_with("\x1f\x8b") && list.broken.empty();
  if (is_text && list.unreadable + list.other > lines) std::abort();
  for (const auto& beside : list.beside) {
    if (beside.file.contains('/') || beside.file.starts_with('.')) std::abort();
    load::read_beside(beside, text, config::Taken::automatic, list);
  }
  check(list);
  check(load::read_list(text, config::Taken::tree));
  if (const auto bundle = load::unbundled(text)) {
    const auto again = load::unbundled(load::bundled(*bundle));
    if (!again || again->files.size() != bundle->files.size()) std::abort();
  }
  return 0;
}
