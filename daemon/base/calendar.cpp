#include "base/calendar.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "base/text.h"

namespace weir {

namespace {

using namespace std::chrono;

constexpr std::string_view weekdays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr minutes whole_day{24 * 60};

/// What stands before `end`; it is taken off `text` with its end.
std::string_view take_until(std::string_view& text, char end) {
  const std::string_view part = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

/// Digits only, as many as given, and nothing else.
std::optional<unsigned> number(std::string_view text, std::size_t least, std::size_t most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  if (text.size() < least || text.size() > most) return {};
  return value;
}

std::optional<unsigned> parse_weekday(std::string_view text) {
  const auto day = std::ranges::find_if(weekdays, [&](std::string_view name) { return equal_fold(name, text); });
  if (day == std::end(weekdays)) return {};
  return static_cast<unsigned>(day - std::begin(weekdays));
}

/// "Mon-Fri", "Sat,Sun", "Mon-Wed,Sat": a bit a day.
std::optional<std::uint8_t> parse_days(std::string_view text) {
  std::uint8_t days = 0;
  if (text.ends_with(',')) return {};
  while (!text.empty()) {
    std::string_view part = take_until(text, ',');
    const bool range = part.contains('-');
    const auto first = parse_weekday(take_until(part, '-'));
    const auto last = range ? parse_weekday(part) : first;
    if (!first || !last) return {};
    for (unsigned day = *first;; day = (day + 1) % 7) {
      days |= 1 << day;
      if (day == *last) break;
    }
  }
  return days;
}

std::optional<year_month_day> parse_date(std::string_view text) {
  const auto y = number(take_until(text, '-'), 4, 4);
  const auto m = number(take_until(text, '-'), 2, 2), d = number(text, 2, 2);
  if (!y || !m || !d) return {};
  const year_month_day date = year(static_cast<int>(*y)) / month(*m) / day(*d);
  if (!date.ok()) return {};
  return date;
}

/// "7:30", "07:30", "24:00".
std::optional<minutes> parse_time(std::string_view text) {
  const auto hour = number(take_until(text, ':'), 1, 2), minute = number(text, 2, 2);
  if (!hour || !minute || *minute > 59) return {};
  const minutes time{*hour * 60 + *minute};
  if (time > whole_day) return {};
  return time;
}

/// "15:00-18:00"
bool parse_range(std::string_view text, Hours& to) {
  const auto from = parse_time(take_until(text, '-')), until = parse_time(text);
  if (!from || !until || *from == *until || *from == whole_day) return false;
  to.from = *from;
  to.to = *until;
  return true;
}

/// Days of the week or a date.
bool parse_day(std::string_view text, Hours& to) {
  to.date = parse_date(text);
  if (to.date) return true;
  const auto days = parse_days(text);
  if (days) to.days = *days;
  return days.has_value() && *days != 0;
}

std::string time_text(minutes time) {
  char text[8];
  std::snprintf(text, sizeof text, "%02u:%02u", static_cast<unsigned>(time.count() / 60) % 100,
                static_cast<unsigned>(time.count() % 60));
  return text;
}

std::string date_text(const year_month_day& date) {
  char text[24];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  return text;
}

/// Runs of days, Monday first: "Mon-Fri", "Sat,Sun".
std::string days_text(std::uint8_t days) {
  std::string text;
  const auto has = [&](unsigned at) { return at < 7 && (days >> (at + 1) % 7 & 1) != 0; };
  for (unsigned at = 0; at < 7; ++at) {
    if (!has(at)) continue;
    unsigned last = at;
    while (has(last + 1)) ++last;
    text += (text.empty() ? "" : ",") + std::string(weekdays[(at + 1) % 7]);
    if (last > at) text += (last == at + 1 ? ',' : '-') + std::string(weekdays[(last + 1) % 7]);
    at = last;
  }
  return text;
}

}  // namespace

bool Hours::hold(Wall wall) const {
  const local_days day = floor<std::chrono::days>(wall);
  const auto time = wall - day;
  const auto on = [&](local_days d) {
    return date ? local_days(*date) == d : (days >> weekday(d).c_encoding() & 1) != 0;
  };
  if (from < to) return on(day) && from <= time && time < to;
  return (on(day) && from <= time) || (on(day - std::chrono::days(1)) && time < to);
}

std::optional<Hours> parse_hours(std::string_view text) {
  Hours hours;
  const std::string_view first = take_until(text, ' ');
  const bool only_hours = text.empty() && first.contains(':');
  if (only_hours ? !parse_range(first, hours) : !parse_day(first, hours)) return {};
  if (!text.empty() && !parse_range(trim(text), hours)) return {};
  return hours;
}

std::string hours_text(const Hours& hours) {
  const bool every_day = !hours.date && hours.days == 0x7f;
  std::string text = hours.date ? date_text(*hours.date) : every_day ? "" : days_text(hours.days);
  if (hours.from == minutes(0) && hours.to == whole_day && !every_day) return text;
  return text + (text.empty() ? "" : " ") + time_text(hours.from) + '-' + time_text(hours.to);
}

std::optional<Wall> parse_wall(std::string_view text) {
  const auto date = parse_date(take_until(text, ' '));
  const auto time = parse_time(text);
  if (!date || !time || *time == whole_day) return {};
  return local_days(*date) + *time;
}

std::string wall_text(Wall wall) {
  const local_days day = floor<std::chrono::days>(wall);
  return std::string(weekdays[weekday(day).c_encoding()]) + ' ' + date_text(year_month_day(day)) + ' ' +
         time_text(floor<minutes>(wall - day));
}

sys_seconds next_turn(const std::vector<Hours>& all, sys_seconds now, Zone zone) {
  const Wall shown = zone(now);
  const seconds time = shown - floor<std::chrono::days>(shown);
  seconds ahead = seconds(whole_day) - time;
  for (const Hours& hours : all) {
    for (const seconds end : {seconds(hours.from), seconds(hours.to)}) {
      if (end > time) ahead = std::min(ahead, end - time);
    }
  }
  const sys_seconds next = now + ahead;
  if (zone(next) == shown + ahead) return next;

  // Put forward or back on the way, once a day at most: the first moment at which the clock is off.
  sys_seconds before = now, behind = next;
  while (behind - before > seconds(1)) {
    const sys_seconds middle = before + (behind - before) / 2;
    (zone(middle) == shown + (middle - now) ? before : behind) = middle;
  }
  return behind;
}

}  // namespace weir
