// Which sources hold a host name, among millions.  Every name of every list stands here once, and what its ancestors
// say is folded into it: the deepest entry that a name meets on its way up answers alone, and the kernel's table is a
// copy of this one.
//
// Memory: the text of each name and 18 bytes beside it; 40 MB for a million names of common length.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "policy/bits.h"
#include "policy/name_list.h"

namespace weir::policy {

class NameTable {
 public:
  struct Sets {
    std::uint32_t exact;  ///< of the name itself
    std::uint32_t below;  ///< of every name below it that has no entry of its own
  };

  /// Room for `names` at most; they have `bytes` about.
  NameTable(std::size_t names, std::size_t bytes, std::size_t sources);

  /// `source` holds `name`, normalised; with `subtree` it holds everything below as well.
  void add(std::string_view name, bool subtree, std::uint32_t source) { add({hash_of(name), name, subtree, source}); }
  /// The names of a list belong to `source`, its exceptions to `excepted`.
  void add(const NameList& list, std::uint32_t source, std::uint32_t excepted);
  /// To be called once, behind the last add() and before the first find().
  void fold();

  /// The number of the set of sources that hold a normalised name; 0 = none.  One probe a label.
  std::uint32_t find(std::string_view name) const;
  const Interner& sets() const { return sets_; }

  std::size_t size() const { return size_; }
  /// Calls with each name and its Sets, in no order.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t at = 0; at < slots_.size(); ++at) {
      if (at + ahead < slots_.size()) __builtin_prefetch(texts_.data() + slots_[at + ahead].offset);
      const Slot& slot = slots_[at];
      if (slot.length != 0) visit(text(slot), pairs_[slot.pair]);
    }
  }

 private:
  /// So many names are on their way at once while the memory that they need comes nearer.
  static constexpr std::size_t ahead = 16;

  /// A name has at most 253 bytes (base/name.h); length 0 is a free slot.
  struct Slot {
    std::uint32_t offset;  ///< into texts_
    std::uint32_t pair;    ///< into pairs_
    std::uint32_t length : 8;
    std::uint32_t tag : 24;  ///< of the hash: most other names are told apart without their text
  };

  struct Added {
    std::uint64_t hash;
    std::string_view name;
    bool subtree;
    std::uint32_t source;
  };

  static std::uint64_t hash_of(std::string_view name) { return std::hash<std::string_view>()(name); }
  void add(const Added& added);
  std::string_view text(const Slot& slot) const { return std::string_view(texts_).substr(slot.offset, slot.length); }
  /// Index of the slot that holds `name`, or of the free one where it belongs.
  std::size_t locate(std::string_view name, std::uint64_t hash) const;
  std::size_t place(std::uint64_t hash) const { return (hash >> 32) * slots_.size() >> 32; }
  /// The sets that hold what is below `name`, from the nearest ancestor that has an entry.
  std::uint32_t inherited(std::string_view name) const;
  /// While folding: from all ancestors, as none of them need have been folded yet.
  std::uint32_t gathered(std::string_view name);
  std::uint32_t pair(Sets sets);
  std::uint32_t united(std::uint32_t a, std::uint32_t b);
  std::uint32_t with(std::uint32_t set, std::uint32_t source);
  std::uint32_t pair_with(std::uint32_t number, bool subtree, std::uint32_t source);
  std::uint32_t pair_below(std::uint32_t number, std::uint32_t inherited);

  Interner sets_;
  std::vector<Sets> pairs_;
  std::vector<Slot> slots_;  ///< open addressing, a third of it free
  std::string texts_;
  std::size_t size_ = 0;

  // Only while it is built: a bit for the hash of every name that holds something below it, as most names have no such
  // ancestor; and what has been worked out before.
  std::vector<std::uint64_t> holders_;
  std::unordered_map<std::uint64_t, std::uint32_t> pair_numbers_, unions_, additions_, pair_additions_, pair_unions_;
};

}  // namespace weir::policy
