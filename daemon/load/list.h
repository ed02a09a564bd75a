// Host lists in the formats in which people publish them, into names.  Bytes in, values out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "policy/name_list.h"

namespace weir::load {

enum class Format : std::uint8_t {
  plain,          ///< "exact.example", ".tree.example", "*.tree.example"
  hosts,          ///< "0.0.0.0 name [name...]"; the host's own names (localhost and the like) are skipped
  adblock,        ///< "||tree.example^", "@@||excepted.example^"; rules about less than a whole name are left out
  dnsmasq,        ///< "address=/tree.example/", server and local likewise; server=/x/# is an exception
  rpz,            ///< a DNS response policy zone: name triggers; rpz-passthru is an exception
  cache_domains,  ///< cache_domains.json: categories whose names stand in files beside it
  categories,     ///< a tar archive of NAME/domains (squidGuard, UT1), or of cache_domains.json and its files
};
/// "hosts file", for people.
std::string_view text(Format format);

/// A file to which the list refers.
struct Beside {
  std::string category;
  std::string file;  ///< a bare name, without a folder
};

/// What there is to say of a list besides its names.
struct ListFacts {
  Format format = Format::plain;
  std::size_t names = 0;
  std::size_t unreadable = 0;  ///< lines that make no sense in this format
  std::size_t other = 0;       ///< rules and files that make sense, but do not speak of whole names
  std::size_t bare = 0;        ///< names that did not say what they mean, and were taken for themselves alone
  std::vector<std::string> first_places;  ///< of the first few unreadable: "12", "adult/domains:12", "porn (a link)"
  std::string broken;                     ///< why none of it can be used; "" = it can
};

struct ListContent : ListFacts {
  std::map<std::string, policy::NameList> sets;  ///< by category; a list without them has one, called ""
  std::map<std::string, std::string> links;      ///< categories that are another name of one in `sets`
  std::vector<Beside> beside;                    ///< still to be read with read_beside()
};

/// The format is recognised by what stands there, not by the name of a file.  Plain names and hosts lines may be mixed,
/// also with adblock rules.  `match`: what names mean; `automatic` goes by the format, and a bare name means itself
/// alone, in archives of categories also what is below it.
/// gzip is undone first.  Archives are read up to 1 GiB unpacked; what is larger, cut off or damaged is `broken`.  A
/// link is followed only to another category of the archive; one that leads elsewhere, or in circles, is unreadable.
/// Exceptions win over everything else in their list, also over what is more special or $important.
ListContent read_list(std::string_view text, config::Taken match = config::Taken::automatic);

/// Adds the names of a file that `beside` mentions.
void read_beside(const Beside& beside, std::string_view text, config::Taken match, ListContent& content);

}  // namespace weir::load
