// Resolver: the addresses of names, by DNS, without ever blocking the thread.
//
// Askers for one name share one query, and everyone after them its answer for as long as its TTL says, within bounds.
// A query belongs to no asker: it goes on when the one that began it is stopped, and its answer is kept.
// One a worker, used by its thread alone.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/addr.h"
#include "base/result.h"
#include "base/units.h"
#include "io/loop.h"
#include "io/task.h"
#include "resolve/options.h"
#include "resolve/reply.h"
#include "resolve/table.h"

namespace weir::resolve {

struct Answer {
  std::vector<Address> addresses;  ///< never empty; IPv4 first
  Duration ttl;                    ///< for which it is kept from now on
};

class Resolver {
 public:
  explicit Resolver(io::Loop& loop, Options options = {});
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  /// Ends what is being asked; whoever waits for it hears Errc::stopped.
  ~Resolver();

  /// All addresses of `name`, of both families, as it stands in a Host field.  An address is its own answer; so are, of
  /// the names that must not be asked for, localhost (RFC 6761 §6.3), invalid (§6.4) and onion (RFC 7686 §2).
  /// `name` must live until the task has begun.
  /// Errors: name_unknown, resolver_timeout, resolver_failed, too_many (asked for at once), stopped, system.
  io::Task<Result<Answer>> addresses(std::string_view name);

  std::size_t known() const { return table_.size(); }      ///< names in the table
  std::size_t pending() const { return pending_.size(); }  ///< names that are being asked for

 private:
  struct Lookup;

  Result<std::shared_ptr<Lookup>> join(const std::string& name);
  io::Task<void> look_up(std::shared_ptr<Lookup> lookup);
  Result<Answer> remember(const std::string& name, const Result<Found>& found);

  io::Loop& loop_;
  Options options_;
  Table table_;
  std::unordered_map<std::string, std::shared_ptr<Lookup>> pending_;
};

}  // namespace weir::resolve
