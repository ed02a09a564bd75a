#include "account/flow_ids.h"

#include <charconv>

#include "base/text.h"

namespace weir::account {

namespace {

/// Without I, L, O and U, which are read as others, or as what nobody wants to read out.
constexpr std::string_view digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr int code_digits = 8, bits = 5, last_bits = 33;

int value_of(char c) {
  if (c >= 'a' && c <= 'z') c -= 'a' - 'A';
  if (c == 'O') c = '0';
  if (c == 'I' || c == 'L') c = '1';
  const std::size_t at = digits.find(c);
  return at == digits.npos ? -1 : static_cast<int>(at);
}

}  // namespace

FlowIds::FlowIds(unsigned worker, WallTime start) {
  auto micros = std::chrono::duration_cast<std::chrono::microseconds>(start.time_since_epoch()).count();
  next_ = made_by_daemon | (FlowId{worker} & 63) << 57 | (static_cast<FlowId>(micros) & ((FlowId{1} << 57) - 1));
}

std::uint64_t number_of_code(FlowId id) { return (id >> 57) << last_bits | (id & ((FlowId{1} << last_bits) - 1)); }

std::string flow_code(FlowId id) {
  std::uint64_t number = number_of_code(id);
  std::string code(code_digits, '0');
  for (int i = code_digits; i-- > 0; number >>= bits) code[i] = digits[number & 31];
  return code.insert(code_digits / 2, "-");
}

std::optional<std::uint64_t> parse_flow_code(std::string_view text) {
  constexpr std::size_t id_digits = 16;
  text = trim(text);
  if (text.size() == id_digits) {
    FlowId id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id, 16);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    return number_of_code(id);
  }
  std::uint64_t number = 0;
  int seen = 0;
  for (const char c : text) {
    if (c == '-' || c == ' ') continue;
    const int value = value_of(c);
    if (value < 0 || ++seen > code_digits) return {};
    number = number << bits | static_cast<unsigned>(value);
  }
  if (seen != code_digits) return {};
  return number;
}

}  // namespace weir::account
