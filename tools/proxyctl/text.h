// How every answer looks: the first line is the answer with its mark, labels stand in one column, what to do comes
// after an arrow, and nothing is wider than 100 columns.  Pure: values in, text out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace weir::proxyctl {

/// What the reader's terminal can show.
struct Look {
  enum class Marks : std::uint8_t { none, ascii, unicode };
  Marks marks = Marks::none;  ///< none: not a terminal
  bool colour = false;
  bool utf8 = true;
};

inline constexpr std::size_t columns = 100;

/// How much it matters; words always say the same.
enum class Mark : std::uint8_t { none, fine, attention, act };

/// One answer, line by line.
class Page {
 public:
  explicit Page(const Look& look) : look_(look) {}

  /// The answer.  `aside` stands in the second column: "since 19:02, 58 min".
  void headline(Mark mark, std::string_view answer, std::string_view aside = "");
  /// "  label          text"; long text goes on below itself.
  void row(std::string_view label, std::string_view text, std::string_view aside = "");
  /// A row that somebody should look at, and the command that helps ("" = none).
  void trouble(Mark mark, std::string_view label, std::string_view text, std::string_view remedy);
  /// "→ command" at the end of a page.
  void hint(std::string_view command, std::size_t indent = 0);
  /// Already laid out, as from Table.
  void line(Mark mark, std::string_view text);

  const std::string& text() const { return text_; }
  /// Columns of a line that is not broken: of a terminal; whoever reads on by program gets the whole.
  std::size_t line_width() const { return look_.marks == Look::Marks::none ? std::string::npos : columns; }

 private:
  std::string prefix(Mark mark) const;
  std::string arrow() const { return look_.utf8 ? "→ " : "-> "; }
  void put(Mark mark, std::string_view label, std::string_view text, std::string_view aside);

  Look look_;
  std::string text_;
};

/// Columns as wide as their content; some give way, the last first, where the line would be too long.
class Table {
 public:
  enum class Align : std::uint8_t { left, right };
  struct Column {
    std::string head;
    Align align = Align::left;
    std::size_t least = 0;  ///< columns to which it may give way; 0: it does not
  };
  explicit Table(std::vector<Column> heads) : heads_(std::move(heads)) {}

  void add(std::vector<std::string> cells, Mark mark = Mark::none);
  bool empty() const { return rows_.empty(); }
  void print(Page& page) const;

 private:
  struct Row {
    std::vector<std::string> cells;
    Mark mark;
  };
  std::vector<Column> heads_;
  std::vector<Row> rows_;
};

/// Columns that the text takes on a terminal: code points, for the text that Weir prints.
std::size_t width(std::string_view text);
/// At most `width` columns; what is cut ends in "...".
std::string cut(std::string text, std::size_t width);
/// Names and URLs come from strangers: control characters, C1 of Unicode included, become "?".
std::string printable(std::string_view text);
/// "splice" as people read it: "spliced"; a word of a newer daemon stays as it is.
std::string spoken_depth(std::string_view word);
/// RFC 3339 in UTC to seconds since 1970; 0 when it is something else.
std::int64_t seconds_of(const std::string& ts);
/// Local time: "19:02" on the day of `now`, else "03-08 19:02".  Both in seconds since 1970.
std::string clock_text(std::int64_t time, std::int64_t now);
/// Local time in full: "2026-01-02 15:30:07".
std::string moment_text(std::int64_t time);
/// "10m" in seconds; empty if it is no duration, or less than a second.
std::optional<std::int64_t> seconds_in(std::string_view text);

}  // namespace weir::proxyctl
