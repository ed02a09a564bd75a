// A configuration as the text that it is: what runs against what lies on disk, and what is kept of one that ran.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace weir::load {

struct Text {
  std::string path;
  std::string text;

  friend bool operator==(const Text&, const Text&) = default;
};

/// Every file of one configuration, the main one first.
using Texts = std::vector<Text>;

/// Sixteen hexadecimal digits, of which people see six; equal texts, equal print.  "" of none.  Where the files lie
/// does not matter.
std::string print_of(const Texts& texts);

/// What files of the same paths hold now; empty when one cannot be read.
std::optional<Texts> now_on_disk(const Texts& texts);

}  // namespace weir::load
