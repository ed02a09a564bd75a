// Hardware addresses of Ethernet and its kin (IEEE 802: 48 bits): what a device keeps while its IP addresses change.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

struct Mac {
  std::array<std::uint8_t, 6> octets{};

  /// "02:00:5e:10:00:01" or "02-00-5E-10-00-01": six pairs of digits, one separator throughout.
  static std::optional<Mac> parse(std::string_view text);
  /// Of one device: not a group's (IEEE 802 §8.2.2: the lowest bit of the first octet), and not all zero, which stands
  /// for "none".
  bool is_device() const;
  std::string to_string() const;  ///< "02:00:5e:10:00:01"

  auto operator<=>(const Mac&) const = default;
};

struct MacHash {
  std::size_t operator()(const Mac& mac) const noexcept;
};

}  // namespace weir
