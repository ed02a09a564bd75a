// ISC dhcpd's leases: blocks in braces, a journal in which the last block of an address counts.
#include <algorithm>
#include <chrono>
#include <unordered_map>

#include "clients/readers.h"

namespace weir::clients {

namespace {

/// "2026/11/26" and "08:00:00", UTC.
std::int64_t utc(std::string_view date, std::string_view time) {
  const auto year = whole_number<int>(date.substr(0, 4));
  if (!year || date.size() != 10 || time.size() != 8) return 0;
  const auto month = whole_number<unsigned>(date.substr(5, 2)), day = whole_number<unsigned>(date.substr(8, 2));
  const auto hours = whole_number<int>(time.substr(0, 2)), minutes = whole_number<int>(time.substr(3, 2)),
             seconds = whole_number<int>(time.substr(6, 2));
  if (!month || !day || !hours || !minutes || !seconds) return 0;
  const std::chrono::year_month_day calendar{std::chrono::year(*year), std::chrono::month(*month),
                                             std::chrono::day(*day)};
  if (!calendar.ok()) return 0;
  const auto days = std::chrono::sys_days(calendar).time_since_epoch();
  return std::chrono::seconds(days).count() + *hours * 3600 + *minutes * 60 + *seconds;
}

/// "4 2026/11/26 08:00:00", "epoch 1795680000", "never"
std::int64_t moment(std::string_view words) {
  const std::string_view first = next_word(words);
  if (first == "epoch") return end_of_lease(whole_number(next_word(words)).value_or(0));
  const std::string_view date = next_word(words);
  return end_of_lease(utc(date, next_word(words)));
}

struct Lease {
  Claim claim;
  std::string_view name;
  bool active = true;
};

/// "KEYWORD words;" within a lease.
void read_statement(std::string_view line, Lease& lease) {
  line = line.substr(0, line.find(';'));
  const std::string_view keyword = next_word(line);
  line = trim(line);
  if (keyword == "ends") lease.claim.until = moment(line);
  if (keyword == "client-hostname") lease.name = trim(line, "\"");
  if (keyword == "hardware" && next_word(line) == "ethernet") lease.claim.mac = Mac::parse(trim(line));
  if (keyword == "binding" && next_word(line) == "state") lease.active = trim(line) == "active";
}

}  // namespace

void read_isc(std::string_view text, NameFile& to) {
  std::unordered_map<Address, Lease, AddressHash> last;
  std::vector<Address> order;
  std::optional<Address> within;  // whose lease is being read
  int depth = 0;                  // of braces
  while (!text.empty()) {
    std::string_view line = next_line(text);
    if (line.starts_with('#')) continue;
    if (line.ends_with('{')) {
      if (++depth == 1 && next_word(line) == "lease") {
        within = Address::parse(next_word(line));
        if (!within) ++to.unreadable;
        if (within &&
            last.insert_or_assign(*within, Lease{.claim = {.name = {}, .address = within}, .name = {}}).second)
          order.push_back(*within);
      }
    } else if (line.ends_with('}')) {
      depth = std::max(0, depth - 1);
      if (depth == 0) within.reset();
    } else if (within && depth == 1) {
      read_statement(line, last[*within]);
    }
  }
  for (const Address& address : order) {
    const Lease& lease = last[address];
    if (lease.active) add_claim(lease.name, lease.claim, to);
  }
}

}  // namespace weir::clients
