// Small questions about text that several rooms ask.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace weir {

char lower(char c);                                       ///< ASCII only
std::string lower(std::string_view text);                 ///< ASCII only
bool equal_fold(std::string_view a, std::string_view b);  ///< ASCII case-insensitive
std::string_view trim(std::string_view text, std::string_view set = " \t");

/// The candidate closest to `word` by edit distance, for "did you mean"; empty if none is near (distance <= 1/3).
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace weir
