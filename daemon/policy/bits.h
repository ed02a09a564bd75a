// Sets of small numbers, as words: of rules, and of the sources that an address or a name is in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

namespace weir::policy {

class Bits {
 public:
  explicit Bits(std::size_t size = 0) : words_((size + 63) / 64) {}

  void set(std::size_t i) { words_[i / 64] |= std::uint64_t{1} << i % 64; }
  bool test(std::size_t i) const { return words_[i / 64] >> i % 64 & 1; }
  std::size_t words() const { return words_.size(); }
  std::uint64_t word(std::size_t i) const { return words_[i]; }
  /// Both made for the same size.
  Bits& operator|=(const Bits& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }

  Bits& operator&=(const Bits& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    return *this;
  }
  /// Takes out what is in `other`.
  Bits& operator-=(const Bits& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
    return *this;
  }

  bool operator==(const Bits&) const = default;

  struct Hash {
    std::size_t operator()(const Bits& bits) const noexcept {
      std::uint64_t hash = 0;
      for (const std::uint64_t word : bits.words_) hash = (hash ^ word ^ hash >> 29) * 0x9e3779b97f4a7c15ULL;
      return hash ^ hash >> 32;
    }
  };

 private:
  std::vector<std::uint64_t> words_;
};

/// Gives equal sets one number, counted from 0, so that a million names need not keep a set each.
class Interner {
 public:
  std::uint32_t number(const Bits& set) {
    const auto [at, added] = numbers_.try_emplace(set, static_cast<std::uint32_t>(sets_.size()));
    if (added) sets_.push_back(&at->first);
    return at->second;
  }
  const Bits& operator[](std::uint32_t number) const { return *sets_[number]; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(sets_.size()); }

 private:
  std::unordered_map<Bits, std::uint32_t, Bits::Hash> numbers_;  // its keys never move
  std::vector<const Bits*> sets_;
};

}  // namespace weir::policy
