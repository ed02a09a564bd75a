// One kind of condition (client, dest, port or host) over all rules.
//
// A "source" is a number for whatever an element of a match list can name: a group, a named list, or the elements that
// one rule spells out itself.  An address, port or name is looked up once, which yields the sources that hold it;
// whether each rule's match list matches follows from those alone.
#pragma once

#include <cstdint>
#include <vector>

#include "policy/bits.h"

namespace weir::policy {

class Conditions {
 public:
  /// `named`: how many groups or lists there are; they are the sources 0 .. named - 1.
  Conditions(std::size_t rules, std::size_t named) : lists_(rules), named_(named) {}

  std::size_t rules() const { return lists_.size(); }
  std::size_t sources() const { return 2 * named_ + 2 * lists_.size(); }
  /// The source of what a named list excepts: in both, a name is in neither.
  std::uint32_t excepted(std::uint32_t named) const { return named_ + 2 * lists_.size() + named; }
  /// The source of the elements that a rule spells out, those with "!" apart from the others.
  std::uint32_t spelled_out(std::size_t rule, bool negated) const { return named_ + 2 * rule + (negated ? 1 : 0); }

  /// An element of the rule's match list.
  void add(std::size_t rule, std::uint32_t source, bool negated);
  /// The rule has this condition at all.
  bool present(std::size_t rule) const { return !lists_[rule].wanted.empty() || !lists_[rule].unwanted.empty(); }
  /// The rule's match list wants to find something: it has an element without "!".
  bool wants(std::size_t rule) const { return !lists_[rule].wanted.empty(); }

  /// Whether what is in exactly these sources counts as in `source`.
  bool holds(const Bits& sources, std::uint32_t source) const {
    return sources.test(source) && !(source < named_ && sources.test(excepted(source)));
  }
  /// The rules whose match list matches what is in exactly these sources.  A list matches if an element without "!"
  /// does, or there is none, and no element with "!" does.  A rule without the condition matches.
  Bits matching(const Bits& sources) const;
  /// What of the match lists holds there: the rules in which an element without "!" does, and those in which one with
  /// "!" does.  What matches in two places together follows from these of both.
  struct Met {
    Bits wanted, unwanted;
  };
  Met met(const Bits& sources) const;
  /// The rules that want to find nothing in particular.
  Bits content() const;
  /// The rules that match, for every set of sources, by its number.
  std::vector<Bits> matching(const Interner& sets) const;

 private:
  struct MatchList {
    std::vector<std::uint32_t> wanted, unwanted;
  };
  std::vector<MatchList> lists_;
  std::size_t named_;
};

}  // namespace weir::policy
