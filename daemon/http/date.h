// Points in time as they stand in heads (RFC 9110 §5.6.7).  Sans-I/O: the current time is a parameter.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace weir::http {

/// All three forms: IMF-fixdate, RFC 850, asctime.  Names and "GMT" in any case; anything else that deviates is no
/// date. `now` decides the century of RFC 850's two digits: a year that seems more than 50 years ahead lies in the
/// past. Years 1601 to 9999; the calendar is checked, the name of the day is not: nobody reads a time out of it.
std::optional<WallTime> parse_date(std::string_view text, WallTime now);

/// IMF-fixdate: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string date_text(WallTime time);

}  // namespace weir::http
