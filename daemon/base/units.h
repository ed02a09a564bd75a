// One grammar of durations, sizes and rates for configuration, command line and output.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

using Duration = std::chrono::nanoseconds;

/// "90s", "30m", "12h", "7d", "250ms".  A bare number is refused: seconds or minutes?
std::optional<Duration> parse_duration(std::string_view text);
/// So many in so long.
struct Rate {
  std::uint32_t count = 0;  ///< 0: as many as there are
  Duration period = std::chrono::seconds(1);
};
/// "300/s", "20/m", "5/h".
std::optional<Rate> parse_rate(std::string_view text);
/// "256 MiB", "20GiB", "512 KiB", "100 B".  Powers of 1024 only.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// For people, three significant digits: "1.38 GiB", "512 B".
std::string size_text(std::uint64_t bytes);
/// For people: "58 min", "3 d", "250 ms".
std::string duration_text(Duration d);
/// "300/s"
std::string rate_text(const Rate& rate);
/// For people: "38,204".
std::string count_text(std::uint64_t n);
/// For people: "1 rule", "1,204 names".
std::string plural(std::uint64_t n, std::string_view one, std::string_view many);

}  // namespace weir
