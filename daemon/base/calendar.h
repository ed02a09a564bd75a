// Hours of a week or of a day as people write them, against a clock on the wall.  No clock and no zone here: what the
// clock shows is a value.  Hours hold whenever the clock shows them: never where it is put forward over them, twice
// where it is put back.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// What the clock on the wall shows, wherever it hangs.
using Wall = std::chrono::local_seconds;

/// Days, and hours of those days.  Hours that cross midnight belong to the day on which they begin.
struct Hours {
  std::uint8_t days = 0x7f;                         ///< a bit a weekday, bit 0 is Sunday; without meaning beside `date`
  std::optional<std::chrono::year_month_day> date;  ///< this one day
  std::chrono::minutes from{0};                     ///< 00:00 to 23:59
  std::chrono::minutes to{24 * 60};                 ///< not included; before `from`: of the next day

  bool hold(Wall wall) const;
  friend bool operator==(const Hours&, const Hours&) = default;
};

/// "Mon-Fri 15:00-18:00", "Sun-Thu 21:00-06:30", "Sat,Sun", "22:00-06:00", "2025-06-10 08:00-12:00", "2025-06-10".
/// Days of the week may run over Sunday ("Fri-Mon") and stand in any case; "24:00" is the end of a day.
std::optional<Hours> parse_hours(std::string_view text);
/// As it would be written.
std::string hours_text(const Hours& hours);

/// "2026-01-02 15:30".
std::optional<Wall> parse_wall(std::string_view text);
/// "Fri 2026-01-02 15:30".
std::string wall_text(Wall wall);

/// Tells what the clock shows at a moment.  Pure for one zone.
using Zone = Wall (*)(std::chrono::sys_seconds);

/// The first moment behind `now` at which some of the hours may begin or end to hold: the clock reaches one of their
/// ends or midnight, or is put forward or back.  At most a day away.
std::chrono::sys_seconds next_turn(const std::vector<Hours>& all, std::chrono::sys_seconds now, Zone zone);

}  // namespace weir
