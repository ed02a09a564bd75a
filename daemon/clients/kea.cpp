// Kea's memfile: a journal of comma-separated lines whose columns are named in the first.
#include <algorithm>
#include <unordered_map>

#include "clients/readers.h"

namespace weir::clients {

namespace {

std::vector<std::string_view> cells_of(std::string_view line) {
  constexpr std::size_t most = 32;  // Kea has half of that
  std::vector<std::string_view> cells;
  while (cells.size() < most) {
    const auto comma = line.find(',');
    cells.push_back(line.substr(0, comma));
    if (comma == line.npos) break;
    line.remove_prefix(comma + 1);
  }
  return cells;
}

class Columns {
 public:
  explicit Columns(std::string_view header) : names_(cells_of(header)) {}
  /// The cell of a line below the column; empty where there is none.
  std::string_view of(const std::vector<std::string_view>& cells, std::string_view name) const {
    const auto at = static_cast<std::size_t>(std::ranges::find(names_, name) - names_.begin());
    return at < cells.size() ? cells[at] : std::string_view();
  }

 private:
  std::vector<std::string_view> names_;
};

}  // namespace

void read_kea(std::string_view text, NameFile& to) {
  const Columns columns(next_line(text));
  // A line replaces what an earlier one says of its address; state 0 is a lease in use, and a life of 0 its end.
  std::unordered_map<Address, std::vector<std::string_view>, AddressHash> last;
  std::vector<Address> order;
  while (!text.empty()) {
    const std::string_view line = next_line(text);
    if (line.empty() || line.starts_with("address,")) continue;
    auto cells = cells_of(line);
    const auto address = Address::parse(cells.front());
    if (!address || !whole_number(columns.of(cells, "expire"))) {
      ++to.unreadable;
      continue;
    }
    const auto [at, fresh] = last.try_emplace(*address);
    at->second = std::move(cells);
    if (fresh) order.push_back(*address);
  }
  for (const Address& address : order) {
    const auto& cells = last[address];
    const std::string_view state = columns.of(cells, "state");
    if ((!state.empty() && state != "0") || columns.of(cells, "valid_lifetime") == "0") continue;
    const std::string_view length = columns.of(cells, "prefix_len");
    if (!length.empty() && length != "128") continue;  // a prefix is a router's
    Claim claim{.name = {}, .address = address};
    claim.duid = lower(columns.of(cells, "duid"));
    if (claim.duid.empty()) claim.mac = Mac::parse(columns.of(cells, "hwaddr"));
    claim.until = end_of_lease(*whole_number(columns.of(cells, "expire")));
    add_claim(columns.of(cells, "hostname"), std::move(claim), to);
  }
}

}  // namespace weir::clients
