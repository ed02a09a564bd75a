// Whatever a client calls its host, its page and itself: a line of the access log stays one line of printable ASCII,
// with as many fields as its form has.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "account/formats.h"

namespace {

using namespace weir;

/// The input, cut at each octet of 0xff.
template <std::size_t N>
std::array<std::string, N> parts_of(std::string_view input) {
  std::array<std::string, N> parts;
  for (std::string& part : parts) {
    part = input.substr(0, input.find('\xff'));
    input.remove_prefix(std::min(input.size(), part.size() + 1));
  }
  return parts;
}

account::Record record_of(std::string_view input) {
  const auto parts = parts_of<8>(input.substr(std::min<std::size_t>(4, input.size())));
  const auto choice = [&](std::size_t at) { return at < input.size() ? static_cast<unsigned char>(input[at]) : 0u; };
  account::Record r;
  r.host = parts[0];
  r.method = parts[1];
  r.url = parts[2];
  r.rule = parts[3];
  r.action = static_cast<Action>(choice(0) % 5);
  r.reason = static_cast<CloseReason>(choice(1) % close_reasons);
  r.status = static_cast<int>(choice(2)) * 3;
  if (choice(3) % 7 < cache_results) r.cache = static_cast<CacheResult>(choice(3) % 7);
  r.heads = std::make_shared<account::Heads>(account::Heads{
      .http10 = choice(3) > 100, .referer = parts[4], .agent = parts[5], .range = parts[6], .content_type = parts[7]});
  return r;
}

void require(bool holds) {
  if (!holds) std::abort();
}

std::size_t words_of(std::string_view line) {
  std::size_t words = 0;
  for (std::size_t i = 0; i < line.size(); ++i) words += line[i] > ' ' && (i == 0 || line[i - 1] == ' ');
  return words;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const account::Record record = record_of({reinterpret_cast<const char*>(data), size});
  for (const LogFormat format : {LogFormat::json, LogFormat::combined, LogFormat::squid, LogFormat::lancache}) {
    const std::string line = account::line_of(record, format, record.status > 0);
    if (line.empty()) continue;
    require(line.ends_with('\n') && std::count(line.begin(), line.end(), '\n') == 1);
    require(std::all_of(line.begin(), line.end() - 1, [](char c) { return c >= 0x20 && c < 0x7f; }));
    for (std::size_t at = 0; format != LogFormat::json && (at = line.find('\\', at)) != line.npos; ++at)
      require(format == LogFormat::squid || line[at + 1] == 'x');
    const auto quotes = std::count(line.begin(), line.end(), '"');
    if (format == LogFormat::combined) require(quotes == 6);
    if (format == LogFormat::lancache) require(quotes == 12);
    if (format == LogFormat::squid) require(quotes == 0 && words_of(line) == 10);
  }
  return 0;
}
