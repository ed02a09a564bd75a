// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The table of what the cache did as an enum with its names and texts.
#pragma once

#include <cstdint>
#include <string_view>

namespace weir {

enum class CacheResult : std::uint8_t {
#define WEIR_CACHE(name, saved, text) name,
#include "weir/cache_result.def"
#undef WEIR_CACHE
};
inline constexpr int cache_results = 0
#define WEIR_CACHE(name, saved, text) +1
#include "weir/cache_result.def"
#undef WEIR_CACHE
    ;

constexpr std::string_view word(CacheResult result) {
  constexpr std::string_view words[] = {
#define WEIR_CACHE(name, saved, text) #name,
#include "weir/cache_result.def"
#undef WEIR_CACHE
  };
  return words[static_cast<int>(result)];
}
constexpr std::string_view text(CacheResult result) {
  constexpr std::string_view texts[] = {
#define WEIR_CACHE(name, saved, text) text,
#include "weir/cache_result.def"
#undef WEIR_CACHE
  };
  return texts[static_cast<int>(result)];
}
/// Whether the origin was spared the content.
constexpr bool is_saved(CacheResult result) {
  constexpr bool saved[] = {
#define WEIR_CACHE(name, saved, text) saved,
#include "weir/cache_result.def"
#undef WEIR_CACHE
  };
  return saved[static_cast<int>(result)];
}

}  // namespace weir
