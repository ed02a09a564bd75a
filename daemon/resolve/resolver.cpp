#include "resolve/resolver.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/name.h"
#include "io/descriptors.h"
#include "io/event.h"
#include "resolve/query.h"

namespace weir::resolve {

namespace {

/// What needs no question.
std::optional<Result<std::vector<Address>>> told_by_itself(const std::string& name) {
  if (const auto literal = Address::parse(name)) return std::vector{*literal};
  if (within(name, "localhost")) return std::vector{Address::v4(INADDR_LOOPBACK), Address::v6(in6addr_loopback)};
  if (within(name, "invalid") || within(name, "onion")) return fail(Errc::name_unknown);
  return {};
}

Result<Answer> answer_of(const Result<std::vector<Address>>& outcome, Duration ttl) {
  if (!outcome) return std::unexpected(outcome.error());
  return Answer{.addresses = *outcome, .ttl = ttl};
}

}  // namespace

/// A name that is being asked for.  Lives as long as anyone waits for it, the resolver or not.
struct Resolver::Lookup {
  std::string name;
  io::Descriptors sockets;
  io::Event ended = {};
  Result<Answer> outcome = fail(Errc::stopped);
  bool abandoned = false;  // the resolver is gone
};

Resolver::Resolver(io::Loop& loop, Options options)
    : loop_(loop), options_(std::move(options)), table_(options_.names) {}

Resolver::~Resolver() {
  for (const auto& [name, lookup] : pending_) {
    lookup->abandoned = true;
    lookup->sockets.close();
    lookup->ended.set();
  }
}

io::Task<Result<Answer>> Resolver::addresses(std::string_view text) {
  const std::optional<std::string> name = normalise_name(text);
  if (!name) co_return fail(Errc::name_unknown);
  if (const auto outcome = told_by_itself(*name)) co_return answer_of(*outcome, options_.longest);
  const Monotonic now = loop_.now();
  if (const Known* known = table_.find(*name, now)) co_return answer_of(known->outcome, known->until - now);

  const Result<std::shared_ptr<Lookup>> lookup = join(*name);
  if (!lookup) co_return std::unexpected(lookup.error());
  const Result<void> ended = co_await (*lookup)->ended.wait();  // the resolver may be gone from here on
  if (!ended) co_return std::unexpected(ended.error());
  co_return (*lookup)->outcome;
}

Result<std::shared_ptr<Resolver::Lookup>> Resolver::join(const std::string& name) {
  if (const auto found = pending_.find(name); found != pending_.end()) return found->second;
  if (pending_.size() >= options_.pending) return fail(Errc::too_many);
  Result<io::Descriptors> sockets = io::Descriptors::make(loop_);
  if (!sockets) return std::unexpected(sockets.error());
  auto lookup = std::make_shared<Lookup>(name, std::move(*sockets));
  pending_.emplace(name, lookup);
  loop_.spawn(look_up(lookup));
  return lookup;
}

io::Task<void> Resolver::look_up(std::shared_ptr<Lookup> lookup) {
  const Replies replies = co_await query(lookup->sockets, lookup->name, options_);
  if (lookup->abandoned) co_return;  // and so is `this`
  pending_.erase(lookup->name);
  lookup->outcome = remember(lookup->name, combine(replies, options_.one_family_is_enough));
  lookup->ended.set();
}

// A failure is kept as well, or every request for the name would ask servers that are in trouble (RFC 9520 §3.2).  How
// long a name is unknown for stands where c-ares does not look (RFC 2308 §5).
Result<Answer> Resolver::remember(const std::string& name, const Result<Found>& found) {
  if (!found && found.error() == Errc::stopped) return std::unexpected(found.error());
  const bool whole = found && found->complete;
  const Duration ttl = whole ? std::clamp(found->ttl, options_.shortest, options_.longest) : options_.negative;
  Known known{.outcome = fail(Errc::name_unknown), .until = loop_.now() + ttl};
  if (found) {
    known.outcome = found->addresses;
  } else {
    known.outcome = std::unexpected(found.error());
  }
  Result<Answer> answer = answer_of(known.outcome, ttl);
  table_.put(name, std::move(known));
  return answer;
}

}  // namespace weir::resolve
