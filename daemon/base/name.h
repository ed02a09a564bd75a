// The only normaliser of host names, and their keyed hash.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

/// The canonical form of a host name as it stands in a Host field, an SNI or a list: lower case, one trailing dot
/// removed, port and brackets removed.  Internationalised names are kept as the A-labels (RFC 5890) that stand on the
/// wire; an IP literal is returned as it prints.  Empty when it is no host name: an empty label, more than 63 bytes in
/// a label or 253 in all (RFC 1035 §2.3.4), bytes other than letters, digits, hyphen (RFC 952, RFC 1123 §2.1) and the
/// underscore that is found in practice, a port above 65535.
std::optional<std::string> normalise_name(std::string_view text);

/// The same for a name that stands alone, without port or brackets, as in lists: its canonical form is added to `to`.
/// False, and `to` stays as it was, if it is no host name.
bool append_name(std::string_view written, std::string& to);

/// What a device is called, by itself in DHCP or in a hosts file: in the same form, 63 bytes at most.  Empty for what
/// looks like an address ("1.2.3"), and for what is no name.
std::optional<std::string> device_name(std::string_view text);

/// `name` is `ancestor` or below it ("a.b.example" within "b.example").  Both normalised.
bool within(std::string_view name, std::string_view ancestor);

/// The parent of a normalised name ("b.example" of "a.b.example"), empty at the top.
std::string_view parent(std::string_view name);

/// Hash of a normalised name at the secret point of this process (include/weir/name_hash.h).
class NameHasher {
 public:
  explicit NameHasher(std::uint64_t point) : point_(point) {}
  static NameHasher random();  ///< draws the point from the kernel
  std::uint64_t operator()(std::string_view normalised) const;
  /// Four at once, in hardly more time than one: a step waits for the one before it, the others need not.
  std::array<std::uint64_t, 4> operator()(const std::array<std::string_view, 4>& normalised) const;
  std::uint64_t point() const { return point_; }

 private:
  std::uint64_t go_on(std::uint64_t hash, std::string_view before) const;

  std::uint64_t point_;
};

}  // namespace weir
