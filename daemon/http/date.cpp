#include "http/date.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace weir::http {

namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> days = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                  "Thursday", "Friday", "Saturday"};

/// Reads a date from its front; a reader that fails leaves nothing usable behind.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool skip(std::string_view word) {
    if (!equal_fold(rest_.substr(0, word.size()), word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  /// Exactly `digits` of them; with `padded` the first may be a space (asctime).
  bool number(std::size_t digits, int& to, bool padded = false) {
    if (rest_.size() < digits) return false;
    to = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const char c = padded && i == 0 && rest_[i] == ' ' ? '0' : rest_[i];
      if (c < '0' || c > '9') return false;
      to = to * 10 + (c - '0');
    }
    rest_.remove_prefix(digits);
    return true;
  }
  bool day_name(bool whole) {
    return std::ranges::any_of(days, [&](std::string_view name) { return skip(whole ? name : name.substr(0, 3)); });
  }
  bool month_name(int& to) {
    for (to = 1; to <= 12; ++to) {
      if (skip(months[static_cast<std::size_t>(to - 1)])) return true;
    }
    return false;
  }
  bool ended() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

struct Parts {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

bool clock_time(Scanner& s, Parts& p) {
  return s.number(2, p.hour) && s.skip(":") && s.number(2, p.minute) && s.skip(":") && s.number(2, p.second);
}

bool imf_fixdate(Scanner s, Parts& p) {
  return s.day_name(false) && s.skip(", ") && s.number(2, p.day) && s.skip(" ") && s.month_name(p.month) &&
         s.skip(" ") && s.number(4, p.year) && s.skip(" ") && clock_time(s, p) && s.skip(" GMT") && s.ended();
}

bool rfc850(Scanner s, Parts& p) {
  return s.day_name(true) && s.skip(", ") && s.number(2, p.day) && s.skip("-") && s.month_name(p.month) &&
         s.skip("-") && s.number(2, p.year) && s.skip(" ") && clock_time(s, p) && s.skip(" GMT") && s.ended();
}

bool asctime(Scanner s, Parts& p) {
  return s.day_name(false) && s.skip(" ") && s.month_name(p.month) && s.skip(" ") && s.number(2, p.day, true) &&
         s.skip(" ") && clock_time(s, p) && s.skip(" ") && s.number(4, p.year) && s.ended();
}

std::optional<WallTime> time_of(const Parts& p) {
  const year_month_day date{year(p.year), month(static_cast<unsigned>(p.month)), day(static_cast<unsigned>(p.day))};
  // A leap second is a second like any other; clocks count it as the next minute's first.
  if (!date.ok() || p.year < 1601 || p.hour > 23 || p.minute > 59 || p.second > 60) return {};
  // 64 bits of nanoseconds hold 292 years: what lies beyond these is as far away as matters, and the distance between
  // any two dates can be said.
  constexpr sys_seconds first = sys_days(January / 1 / 1900), last = sys_days(January / 1 / 2190);
  const sys_seconds when = sys_days(date) + hours(p.hour) + minutes(p.minute) + seconds(p.second);
  return WallTime(std::clamp<sys_seconds>(when, first, last));
}

}  // namespace

std::optional<WallTime> parse_date(std::string_view text, WallTime now) {
  Parts p;
  if (imf_fixdate(Scanner(text), p) || asctime(Scanner(text), p)) return time_of(p);
  if (!rfc850(Scanner(text), p)) return {};
  const int this_year = static_cast<int>(year_month_day(floor<std::chrono::days>(now)).year());
  p.year += this_year / 100 * 100;
  if (p.year > this_year + 50) p.year -= 100;
  return time_of(p);
}

std::string date_text(WallTime time) {
  const auto day_begin = floor<std::chrono::days>(time);
  const year_month_day date(day_begin);
  const hh_mm_ss clock(floor<seconds>(time - day_begin));
  std::string out(days[weekday(day_begin).c_encoding()].substr(0, 3));
  const auto number = [&out](int value, int digits) {
    for (int place = digits == 4 ? 1000 : 10; place > 0; place /= 10)
      out.push_back(static_cast<char>('0' + value / place % 10));
  };
  out += ", ";
  number(static_cast<int>(static_cast<unsigned>(date.day())), 2);
  (out += ' ').append(months[static_cast<unsigned>(date.month()) - 1]) += ' ';
  number(static_cast<int>(date.year()), 4);
  out += ' ';
  number(static_cast<int>(clock.hours().count()), 2);
  out += ':';
  number(static_cast<int>(clock.minutes().count()), 2);
  out += ':';
  number(static_cast<int>(clock.seconds().count()), 2);
  return out += " GMT";
}

}  // namespace weir::http
