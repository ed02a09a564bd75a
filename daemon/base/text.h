// Small questions about text that several rooms ask.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

char lower(char c);                                       ///< ASCII only
std::string lower(std::string_view text);                 ///< ASCII only
bool equal_fold(std::string_view a, std::string_view b);  ///< ASCII case-insensitive
std::string_view trim(std::string_view text, std::string_view set = " \t");

/// A match list in words: "a, b", "a but not b", or, where all of them are negated by "!", "everything but b".
/// `listed` joins elements; `all` is the word for everything.
template <class Listed>
std::string matched(const std::vector<std::string>& elements, const std::string& all, Listed&& listed) {
  std::vector<std::string> wanted, unwanted;
  for (const std::string& element : elements) {
    if (element.starts_with('!'))
      unwanted.push_back(element.substr(1));
    else
      wanted.push_back(element);
  }
  if (unwanted.empty()) return listed(wanted);
  return (wanted.empty() ? all + " but " : listed(wanted) + " but not ") + listed(unwanted);
}

/// The candidate closest to `word` by edit distance, for "did you mean"; empty if none is near (distance <= 1/3).
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace weir
