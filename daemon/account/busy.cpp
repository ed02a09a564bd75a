#include "account/busy.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <utility>

namespace weir::account {

namespace {

constexpr auto day = std::chrono::hours(24);

/// Linear counting: how many were thrown, by how many of the bits are still free.
template <std::size_t N>
unsigned estimate(const std::bitset<N>& bits) {
  const double unused = std::max<double>(1, static_cast<double>(N - bits.count()));
  return static_cast<unsigned>(std::lround(-static_cast<double>(N) * std::log(unused / static_cast<double>(N))));
}

}  // namespace

void Busy::note(std::string_view name, const Flow& flow, const ClientKey& key, WallTime now) {
  const std::size_t client = ClientKeyHash{}(key), place = std::hash<std::string_view>()(name);
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return;
  if (today_.names.empty() || now - today_.begun >= day) {
    yesterday_ = now - today_.begun < 2 * day ? std::move(today_) : Day{};
    today_ = {.begun = now, .names = std::vector<std::array<Name, ways>>(sets), .clients = {}};
  }
  today_.clients.set(client % today_.clients.size());
  auto& set = today_.names[place % sets];
  auto at = std::ranges::find(set, name, &Name::name);
  if (at == set.end()) {
    at = std::ranges::min_element(set, {}, [](const Name& n) { return n.clients.count(); });
    *at = {.name = std::string(name), .clients = {}, .flow = flow};
  }
  at->clients.set(client % at->clients.size());
}

std::vector<BusyName> Busy::names(unsigned least) const {
  std::map<std::string, BusyName> found;
  const std::lock_guard lock(mutex_);
  for (const Day* d : {&yesterday_, &today_}) {
    for (const auto& set : d->names) {
      for (const Name& name : set) {
        const unsigned clients = estimate(name.clients);
        if (name.name.empty() || clients < least) continue;
        BusyName& busy = found[name.name];
        busy = {.name = name.name, .clients = std::max(busy.clients, clients), .flow = name.flow};
      }
    }
  }
  std::vector<BusyName> all;
  for (auto& [name, busy] : found) all.push_back(std::move(busy));
  std::ranges::stable_sort(all, std::greater(), &BusyName::clients);
  return all;
}

unsigned Busy::clients() const {
  const std::lock_guard lock(mutex_);
  return std::max(estimate(today_.clients), estimate(yesterday_.clients));
}

}  // namespace weir::account
