// The content of a list: names by the million, each normalised, in a few blocks of memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/name.h"

namespace weir::policy {

/// Names in the order in which they were added; doubles are kept.  Costs the text of each name and two bytes beside it.
class NameList {
 public:
  enum class Kind : std::uint8_t {
    exact,
    subtree,      ///< the name and everything below it
    not_exact,    ///< an exception, which wins over whatever else the list says of the name
    not_subtree,  ///< the same for the name and everything below it
  };

  /// Adds a name in whatever spelling.  False, and nothing is added, if it is no host name; a port or brackets are
  /// none.
  bool add(std::string_view written, Kind kind) {
    if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < longest_entry) grow();
    std::string& block = blocks_.back();
    const std::size_t start = block.size();
    block.resize(start + 2);
    if (!append_name(written, block)) {
      block.resize(start);
      return false;
    }
    block[start] = static_cast<char>(block.size() - start - 2);  // at most 253, base/name.h
    block[start + 1] = static_cast<char>(kind);
    ++(is_exception(kind) ? exceptions_ : names_);
    return true;
  }

  std::size_t names() const { return names_; }            ///< exceptions apart
  std::size_t exceptions() const { return exceptions_; }  ///< names that the list takes out again
  std::size_t entries() const { return names_ + exceptions_; }

  /// How long all of them are.
  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const std::string& block : blocks_) sum += block.size();
    return sum - 2 * entries();
  }

  /// Calls with each name and its Kind, in order.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const std::string& block : blocks_) {
      for (const char *at = block.data(), *end = at + block.size(); at < end;) {
        const auto length = static_cast<unsigned char>(*at);
        visit(std::string_view(at + 2, length), static_cast<Kind>(at[1]));
        at += 2 + length;
      }
    }
  }

  static constexpr bool is_exception(Kind kind) { return kind >= Kind::not_exact; }
  static constexpr bool is_subtree(Kind kind) { return kind == Kind::subtree || kind == Kind::not_subtree; }

 private:
  static constexpr std::size_t longest_entry = 2 + 256, largest_block = 256 << 10;

  /// Blocks, as a million names in one would be copied time and again while it grows.
  void grow() {
    const std::size_t last = blocks_.empty() ? 0 : blocks_.back().capacity();
    blocks_.emplace_back().reserve(std::clamp(2 * last, 2 * longest_entry, largest_block));
  }

  std::vector<std::string> blocks_;  // length, kind, name; length, kind, name ...
  std::size_t names_ = 0;
  std::size_t exceptions_ = 0;
};

}  // namespace weir::policy
