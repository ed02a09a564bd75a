// One line a device: who it is, in which groups, how much, and when it was seen.
#include <ctime>

#include "base/units.h"
#include "proxyctl/command.h"
#include "proxyctl/format.h"

namespace weir::proxyctl {

namespace {

using control::ClientLine;

/// Names before addresses; what nobody names is called by its device.
std::string who(const ClientLine& client) {
  if (!client.name.empty()) return printable(client.name);
  return client.mac.empty() ? "-" : printable(client.mac);
}

/// "20", or "20 of 20" of a client that has as many as it may.
std::string connections_of(const ClientLine& client) {
  return count_text(client.connections + client.waiting) +
         (client.full ? " of " + count_text(client.allowed) : std::string());
}

std::string addresses_of(const ClientLine& client) {
  if (client.addresses.empty()) return "-";
  const std::size_t more = client.addresses.size() - 1;
  return printable(client.addresses.front()) + (more > 0 ? " +" + std::to_string(more) : "");
}

std::string groups_of(const ClientLine& client) {
  std::string text;
  for (const std::string& group : client.groups) text += (text.empty() ? "" : ", ") + printable(group);
  return text.empty() ? "-" : text;
}

}  // namespace

std::string clients_text(const control::ClientList& all, const Look& look) {
  Page page(look);
  std::uint64_t connected = 0;
  using enum Table::Align;
  Table table({{"client", left, 12},
               {"address", left, 15},
               {"groups", left, 10},
               {"now", right},
               {"conns", right},
               {"refused", right},
               {"received", right},
               {"last seen"}});
  for (const ClientLine& client : all.clients) {
    connected += client.connections > 0;
    table.add({who(client), addresses_of(client), groups_of(client), connections_of(client), count_text(client.opened),
               client.refused == 0 ? "-" : count_text(client.refused),
               client.bytes_out == 0 ? "-" : size_text(client.bytes_out), clock_text(client.last_seen, all.now)});
  }
  if (all.clients.empty()) {
    page.headline(Mark::fine, "no client was seen yet");
  } else {
    page.headline(Mark::fine,
                  plural(all.clients.size(), "client", "clients") + ", " + count_text(connected) + " of them connected",
                  "seen last first");
    table.print(page);
  }
  for (const control::NameTrouble& trouble : all.troubles) {
    page.trouble(Mark::attention, printable(trouble.name), printable(trouble.trouble), "");
  }
  if (all.uncounted > 0) {
    page.trouble(Mark::attention, "not counted",
                 plural(all.uncounted, "connection", "connections") + ": " + count_text(all.most) +
                     " clients are kept, and all were connected",
                 "");
  }
  return page.text();
}

int clients(const Arguments& arguments, const Look& look) {
  return show<control::ClientList>(arguments, look, {.path = "/v1/clients"},
                                   [&](const control::ClientList& all) { return clients_text(all, look); });
}

}  // namespace weir::proxyctl
