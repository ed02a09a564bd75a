#include "control/compare.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace weir::control {

namespace {

/// Cells of the table below: 16 MiB.
constexpr std::size_t most_cells = 4 << 20;

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    lines.push_back(line);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return lines;
}

/// Length of the longest common subsequence of what is left of both sides, for every pair of beginnings.
class Table {
 public:
  Table(const Lines& a, const Lines& b) : width_(b.size() + 1), cells_((a.size() + 1) * width_) {
    for (std::size_t i = a.size(); i-- > 0;) {
      for (std::size_t k = b.size(); k-- > 0;) {
        cell(i, k) = a[i] == b[k] ? at(i + 1, k + 1) + 1 : std::max(at(i + 1, k), at(i, k + 1));
      }
    }
  }
  std::uint32_t at(std::size_t i, std::size_t k) const { return cells_[i * width_ + k]; }

 private:
  std::uint32_t& cell(std::size_t i, std::size_t k) { return cells_[i * width_ + k]; }

  std::size_t width_;
  std::vector<std::uint32_t> cells_;
};

void show(FileChange& change, std::size_t number, char sign, std::string_view line) {
  ++(sign == '+' ? change.added : change.removed);
  if (change.lines.size() < most_lines_shown)
    change.lines.push_back(std::to_string(number) + ' ' + sign + std::string(line));
}

}  // namespace

FileChange compare(std::string_view before, std::string_view after) {
  Lines old_lines = lines_of(before), new_lines = lines_of(after);
  std::size_t same = 0;
  while (same < std::min(old_lines.size(), new_lines.size()) && old_lines[same] == new_lines[same]) ++same;
  while (old_lines.size() > same && new_lines.size() > same && old_lines.back() == new_lines.back()) {
    old_lines.pop_back();
    new_lines.pop_back();
  }
  const Lines a(old_lines.begin() + static_cast<std::ptrdiff_t>(same), old_lines.end());
  const Lines b(new_lines.begin() + static_cast<std::ptrdiff_t>(same), new_lines.end());
  const bool small = (a.size() + 1) * (b.size() + 1) <= most_cells;
  const Table table(small ? a : Lines(), small ? b : Lines());

  FileChange change;
  std::size_t i = 0, k = 0;
  while (i < a.size() || k < b.size()) {
    if (small && i < a.size() && k < b.size() && a[i] == b[k]) {
      ++i, ++k;
    } else if (i < a.size() && (!small || k == b.size() || table.at(i + 1, k) >= table.at(i, k + 1))) {
      show(change, same + i + 1, '-', a[i]);
      ++i;
    } else {
      show(change, same + k + 1, '+', b[k]);
      ++k;
    }
  }
  return change;
}

}  // namespace weir::control
