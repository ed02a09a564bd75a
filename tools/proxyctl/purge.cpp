#include "base/units.h"
#include "proxyctl/command.h"
#include "proxyctl/format.h"

namespace weir::proxyctl {

std::string purge_text(const control::Purged& purged, const std::string& what, const Look& look) {
  Page page(look);
  const std::string of = what.empty() ? "" : " of " + printable(what);
  if (purged.objects == 0)
    page.headline(Mark::fine, "nothing" + of + " was stored");
  else
    page.headline(Mark::fine, plural(purged.objects, "object", "objects") + of + " forgotten",
                  size_text(purged.bytes) + " of memory");
  return page.text();
}

int purge(const Arguments& arguments, const Look& look) {
  if (arguments.what.empty() && !arguments.all)
    return complain(look, "nothing is named: a URL, a host, or --all", "proxyctl purge --help", control::exit_usage);
  const bool url = arguments.what.find('/') != std::string::npos;
  const Question question{
      .method = "POST",
      .path = "/v1/purge",
      .query = {
          {"url", url ? arguments.what : ""}, {"host", url ? "" : arguments.what}, {"all", arguments.all ? "1" : ""}}};
  return show<control::Purged>(arguments, look, question,
                               [&](const control::Purged& p) { return purge_text(p, arguments.what, look); });
}

}  // namespace weir::proxyctl
