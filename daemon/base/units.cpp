#include "base/units.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/text.h"

namespace weir {

namespace {

struct Unit {
  std::string_view word;
  std::uint64_t worth;
};

constexpr Unit durations[] = {
    {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}, {"d", 86'400'000'000'000},
};
constexpr Unit periods[] = {{"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}};
constexpr Unit sizes[] = {
    {"B", 1}, {"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}, {"TiB", 1ULL << 40}, {"PiB", 1ULL << 50},
};

/// A whole number, blanks, a unit.  Empty when malformed or above `max`.
template <std::size_t N>
std::optional<std::uint64_t> parse(std::string_view text, const Unit (&units)[N], std::uint64_t max) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return {};
  const std::string_view word = trim(text.substr(end - text.data()), " ");
  for (const Unit& unit : units) {
    if (unit.word != word) continue;
    if (number > max / unit.worth) return {};
    return number * unit.worth;
  }
  return {};
}

/// Three significant digits, without zeros behind the point.
std::string significant(double value) {
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  std::string digits = text;
  if (!digits.contains('.')) return digits;
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  const auto ns = parse(text, durations, std::numeric_limits<Duration::rep>::max());
  if (!ns) return {};
  return Duration(static_cast<Duration::rep>(*ns));
}

std::optional<Rate> parse_rate(std::string_view text) {
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view rest = text.substr(end - text.data());
  if (error != std::errc() || count == 0 || !rest.starts_with('/')) return {};
  for (const Unit& period : periods) {
    if (period.word == rest.substr(1)) return Rate{count, Duration(period.worth)};
  }
  return {};
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  return parse(text, sizes, std::numeric_limits<std::uint64_t>::max());
}

std::string size_text(std::uint64_t bytes) {
  const Unit* unit = std::begin(sizes);
  // 1023.6 KiB would round to "1024 KiB": such a value already prints in the next unit.
  while (unit + 1 != std::end(sizes) && std::round(static_cast<double>(bytes) / unit->worth) >= 1024) ++unit;
  return significant(static_cast<double>(bytes) / unit->worth) + ' ' + std::string(unit->word);
}

std::string duration_text(Duration d) {
  if (d < Duration::zero()) {
    return d == Duration::min() ? "-" + duration_text(Duration::max()) : "-" + duration_text(-d);
  }
  const double ns = static_cast<double>(d.count());
  if (d == Duration::zero()) return "0 s";
  if (d < std::chrono::microseconds(1)) return std::to_string(d.count()) + " ns";
  if (ns < 999.5e3) return significant(ns / 1e3) + " us";
  if (ns < 999.5e6) return significant(ns / 1e6) + " ms";
  if (ns < 59.95e9) return significant(ns / 1e9) + " s";

  // A small number of a large unit is told with the next one: "4 h 6 min", but "58 min" and "41 d".
  static constexpr Unit units[] = {{" d", 86400}, {" h", 3600}, {" min", 60}, {" s", 1}};
  const std::uint64_t seconds = (static_cast<std::uint64_t>(d.count()) + 500'000'000) / 1'000'000'000;  // rounded
  const Unit* unit = units;
  while (unit->worth > seconds) ++unit;
  const std::uint64_t lead = seconds / unit->worth;
  std::string out = std::to_string(lead) + std::string(unit->word);
  const std::uint64_t next = seconds % unit->worth / unit[1].worth;
  if (lead < 10 && next > 0) out += ' ' + std::to_string(next) + std::string(unit[1].word);
  return out;
}

std::string rate_text(const Rate& rate) {
  const auto* period = std::ranges::find(periods, static_cast<std::uint64_t>(rate.period.count()), &Unit::worth);
  return std::to_string(rate.count) + '/' + (period == std::end(periods) ? "?" : std::string(period->word));
}

std::string count_text(std::uint64_t n) {
  std::string digits = std::to_string(n);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string plural(std::uint64_t n, std::string_view one, std::string_view many) {
  return count_text(n) + ' ' + std::string(n == 1 ? one : many);
}

}  // namespace weir
