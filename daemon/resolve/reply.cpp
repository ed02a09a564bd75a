#include "resolve/reply.h"

#include <ares.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <span>

namespace weir::resolve {

namespace {

Address address_of(const ares_addrttl& record) { return Address::v4(ntohl(record.ipaddr.s_addr)); }
Address address_of(const ares_addr6ttl& record) {
  in6_addr six;
  static_assert(sizeof six == sizeof record.ip6addr);
  std::memcpy(&six, &record.ip6addr, sizeof six);
  return Address::v6(six);
}

template <class Record, class Parse>
Result<Reply> read(Bytes bytes, Parse parse) {
  Record records[most_addresses];
  int count = most_addresses;
  const auto* octets = reinterpret_cast<const unsigned char*>(bytes.data());
  const int status = parse(octets, static_cast<int>(bytes.size()), nullptr, records, &count);
  if (status == ARES_ENODATA || (status == ARES_SUCCESS && count == 0)) return fail(Errc::name_unknown);
  if (status != ARES_SUCCESS) return fail(Errc::resolver_failed);

  Reply reply{.addresses = {}, .ttl = Duration::max()};
  for (const Record& record : std::span(records, static_cast<std::size_t>(count))) {
    reply.addresses.push_back(address_of(record));
    reply.ttl = std::min<Duration>(reply.ttl, std::chrono::seconds(std::max(record.ttl, 0)));
  }
  return reply;
}

bool failed(const Result<Reply>& reply) { return !reply && reply.error() != Errc::name_unknown; }

}  // namespace

Result<Reply> read_reply(Family family, Bytes bytes) {
  if (bytes.size() > longest_reply) return fail(Errc::resolver_failed);
  return family == Family::v4 ? read<ares_addrttl>(bytes, ares_parse_a_reply)
                              : read<ares_addr6ttl>(bytes, ares_parse_aaaa_reply);
}

Result<Found> combine(const Replies& replies, bool one_is_enough) {
  Found found{.addresses = {}, .ttl = Duration::max(), .complete = true};
  for (const Result<Reply>* reply : {&replies.v4, &replies.v6}) {
    if (failed(*reply)) found.complete = false;
    if (!*reply) continue;
    found.addresses.insert(found.addresses.end(), (*reply)->addresses.begin(), (*reply)->addresses.end());
    found.ttl = std::min(found.ttl, (*reply)->ttl);
  }
  if (!found.addresses.empty() && (found.complete || one_is_enough)) return found;
  return std::unexpected(failed(replies.v4) ? replies.v4.error() : replies.v6.error());
}

}  // namespace weir::resolve
