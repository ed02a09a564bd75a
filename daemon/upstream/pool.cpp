#include "upstream/pool.h"

#include "io/loop.h"
#include "upstream/dialer.h"

namespace weir::upstream {

std::optional<io::Tcp> Pool::take(const PoolKey& key) {
  const auto found = idle_.find(key);
  if (found == idle_.end()) return {};
  std::optional<io::Tcp> taken;
  std::vector<Idle>& idle = found->second;
  while (!idle.empty() && !taken) {
    if (quiet(idle.back().tcp)) taken = std::move(idle.back().tcp);
    idle.pop_back();
    --size_;
  }
  if (idle.empty()) idle_.erase(found);
  return taken;
}

void Pool::put(const PoolKey& key, io::Tcp tcp) {
  if (size_ >= limits_.of_all || !quiet(tcp)) return;
  std::vector<Idle>& idle = idle_[key];
  if (idle.size() >= limits_.of_one) return;
  idle.push_back({std::move(tcp), loop_.now()});
  ++size_;
}

void Pool::clear() {
  idle_.clear();
  size_ = 0;
}

void Pool::close_stale() {
  const Monotonic oldest = loop_.now() - limits_.idle;
  const auto stale = [oldest](const Idle& idle) { return idle.since < oldest || !quiet(idle.tcp); };
  for (auto entry = idle_.begin(); entry != idle_.end();) {
    size_ -= std::erase_if(entry->second, stale);
    entry = entry->second.empty() ? idle_.erase(entry) : std::next(entry);
  }
}

io::Task<void> Pool::sweep() {
  for (;;) {
    const auto slept =
        co_await io::sleep(loop_.wheel(), std::chrono::seconds(1));  // g++ 12 miscompiles it as condition
    if (!slept) break;
    close_stale();
  }
  clear();
}

}  // namespace weir::upstream
