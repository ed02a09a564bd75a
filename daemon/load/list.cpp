#include "load/list.h"

#include "load/formats.h"

namespace weir::load {

namespace {

constexpr std::size_t places_shown = 5;

template <class Reader>
void read_lines(std::string_view text, const std::string& place, Taker& taker, ListContent& to) {
  Reader reader;
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    const Line line = reader.read(next_line(text), taker);
    if (line == Line::other) ++to.other;
    if (line == Line::unreadable) add_unreadable(place + std::to_string(number), to);
  }
}

}  // namespace

void add_unreadable(std::string place, ListContent& to) {
  ++to.unreadable;
  if (to.first_places.size() < places_shown) to.first_places.push_back(std::move(place));
}

std::string_view text(Format format) {
  switch (format) {
    case Format::plain: return "plain names";
    case Format::hosts: return "hosts file";
    case Format::adblock: return "adblock rules";
    case Format::dnsmasq: return "dnsmasq configuration";
    case Format::rpz: return "response policy zone";
    case Format::cache_domains: return "cache-domains";
    case Format::categories: return "archive of categories";
  }
  return "";
}

void read_text(std::string_view text, Format format, config::Taken match, const std::string& place,
               policy::NameList& names, ListContent& to) {
  const std::size_t before = names.names();
  Taker taker(names, match);
  switch (format) {
    case Format::adblock: read_lines<AdblockReader>(text, place, taker, to); break;
    case Format::dnsmasq: read_lines<DnsmasqReader>(text, place, taker, to); break;
    case Format::rpz: read_lines<ZoneReader>(text, place, taker, to); break;
    default: read_lines<PlainReader>(text, place, taker, to); break;
  }
  to.bare += taker.bare();
  to.names += names.names() - before;
}

ListContent read_list(std::string_view text, config::Taken match) {
  ListContent content;
  if (packing_of(text) != Packing::none) {
    read_packed(text, match, content);
    return content;
  }
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // a byte order mark, from editors that add one
  content.format = recognise(text);
  if (content.format == Format::cache_domains) {
    read_index(text, match, content);
    return content;
  }
  read_text(text, content.format, match, "", content.sets[""], content);
  return content;
}

void read_beside(const Beside& beside, std::string_view text, config::Taken match, ListContent& content) {
  read_text(text, Format::plain, match, beside.file + ':', content.sets[beside.category], content);
}

}  // namespace weir::load
