#include "proxyctl/text.h"

#include <algorithm>
#include <ctime>

#include "base/units.h"
#include "weir/words.h"

namespace weir::proxyctl {

namespace {

constexpr std::size_t label_width = 15;
constexpr std::size_t aside_column = 47;

bool starts_code_point(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

std::string padded(std::string_view text, std::size_t to, Table::Align align = Table::Align::left) {
  std::string pad(to > width(text) ? to - width(text) : 0, ' ');
  return align == Table::Align::left ? std::string(text) + pad : pad + std::string(text);
}

std::string_view cut_end(std::string_view text) {
  auto last = text.find_last_not_of(' ');
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/// Takes the words that fit into `room` columns off the front of `text`; at least one.
std::string_view take_line(std::string_view& text, std::size_t room) {
  std::size_t end = text.size();
  if (width(text) > room) {
    end = text.find(' ');
    for (std::size_t next = end; next != std::string_view::npos && width(text.substr(0, next)) <= room;) {
      end = next;
      next = text.find(' ', next + 1);
    }
    if (end == std::string_view::npos) end = text.size();
  }
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), end + 1));
  return line;
}

}  // namespace

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_code_point));
}

std::string cut(std::string text, std::size_t room) {
  if (width(text) <= room) return text;
  if (room < 4) return std::string(room, '.');
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end) {
    if (starts_code_point(text[end]) && ++seen > room - 3) break;
  }
  return text.substr(0, end) + "...";
}

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    bool c1 = c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (c1) ++i;
    out += c1 || c < 0x20 || c == 0x7f ? '?' : text[i];
  }
  return out;
}

std::string spoken_depth(std::string_view name) {
  for (Depth depth : {Depth::pass, Depth::inspect, Depth::splice, Depth::serve, Depth::intercept}) {
    if (word(depth) == name) return std::string(spoken(depth));
  }
  return printable(name);
}

std::int64_t seconds_of(const std::string& ts) {
  std::tm utc{};
  return ::strptime(ts.c_str(), "%Y-%m-%dT%H:%M:%S", &utc) ? timegm(&utc) : 0;
}

std::string clock_text(std::int64_t time, std::int64_t now) {
  std::time_t then_seconds = time, now_seconds = now;
  std::tm then{}, today{};
  localtime_r(&then_seconds, &then);
  localtime_r(&now_seconds, &today);
  bool same_day = then.tm_year == today.tm_year && then.tm_yday == today.tm_yday;
  char text[32];
  std::strftime(text, sizeof text, same_day ? "%H:%M" : "%m-%d %H:%M", &then);
  return text;
}

std::string moment_text(std::int64_t time) {
  const std::time_t then = time;
  std::tm local{};
  localtime_r(&then, &local);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
  return text;
}

std::optional<std::int64_t> seconds_in(std::string_view text) {
  const auto given = parse_duration(text);
  if (!given || *given < std::chrono::seconds(1)) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(*given).count();
}

std::string Page::prefix(Mark mark) const {
  static constexpr std::string_view ascii[] = {"  ", "ok", "! ", "!!"};
  static constexpr std::string_view unicode[] = {" ", "●", "▲", "■"};
  static constexpr std::string_view colours[] = {"", "\033[32m", "\033[33m", "\033[31m"};
  if (look_.marks == Look::Marks::none) return "  ";
  auto at = static_cast<std::size_t>(mark);
  std::string sign(look_.marks == Look::Marks::unicode ? unicode[at] : ascii[at]);
  if (look_.colour && mark != Mark::none) sign = std::string(colours[at]) + sign + "\033[0m";
  return sign + " ";
}

void Page::line(Mark mark, std::string_view text) {
  text_ += cut_end(prefix(mark) + std::string(text));
  text_ += '\n';
}

void Page::headline(Mark mark, std::string_view answer, std::string_view aside) {
  std::string text(answer);
  if (!aside.empty()) text = padded(text, std::max(aside_column, width(text) + 2)) + std::string(aside);
  if (look_.marks != Look::Marks::none) return line(mark, text);
  text_ += text + '\n';  // not a terminal: the answer stands at the very front
}

void Page::put(Mark mark, std::string_view label, std::string_view text, std::string_view aside) {
  // 4: the widest prefix, and the last column is left free.
  const std::size_t room = columns - label_width - 4;
  std::string_view rest = text;
  std::string head = padded(label, std::max(label_width, width(label) + 1));
  if (!aside.empty() && width(text) + width(aside) + 2 <= room) {
    std::string joined = padded(text, std::max(aside_column - label_width, width(text) + 2)) + std::string(aside);
    if (width(joined) <= room) return line(mark, head + joined);
  }
  do {
    line(mark, head + std::string(take_line(rest, room)));
    mark = Mark::none;
    head.assign(label_width, ' ');
  } while (!rest.empty());
  // A command is copied whole: it is not broken, even if it is long.
  if (!aside.empty()) line(Mark::none, head + std::string(aside));
}

void Page::row(std::string_view label, std::string_view text, std::string_view aside) {
  put(Mark::none, label, text, aside);
}

void Page::trouble(Mark mark, std::string_view label, std::string_view text, std::string_view remedy) {
  put(mark, label, text, remedy.empty() ? "" : arrow() + std::string(remedy));
}

void Page::hint(std::string_view command, std::size_t indent) {
  text_ += std::string(indent, ' ') + arrow() + std::string(command) + '\n';
}

void Table::add(std::vector<std::string> cells, Mark mark) { rows_.push_back({std::move(cells), mark}); }

void Table::print(Page& page) const {
  constexpr std::size_t gap = 2;
  std::vector<std::size_t> widths;
  std::size_t total = 1;  // the widest prefix is one more than a gap
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    std::size_t most = width(heads_[i].head);
    for (const Row& row : rows_) most = std::max(most, width(row.cells[i]));
    widths.push_back(most);
    total += most + gap;
  }
  for (std::size_t i = heads_.size(); i-- > 0 && total > page.line_width();) {
    if (heads_[i].least == 0 || widths[i] <= heads_[i].least) continue;
    std::size_t yielded = std::min(total - page.line_width(), widths[i] - heads_[i].least);
    widths[i] -= yielded;
    total -= yielded;
  }
  auto print_row = [&](Mark mark, auto&& cell) {
    std::string text;
    for (std::size_t i = 0; i < heads_.size(); ++i) {
      text += padded(cut(cell(i), widths[i]), widths[i], heads_[i].align) + std::string(gap, ' ');
    }
    page.line(mark, text);
  };
  print_row(Mark::none, [&](std::size_t i) { return heads_[i].head; });
  for (const Row& row : rows_) print_row(row.mark, [&](std::size_t i) { return row.cells[i]; });
}

}  // namespace weir::proxyctl
