#include "http/h1_decode.h"

#include <algorithm>
#include <cstring>

#include "base/name.h"
#include "base/text.h"
#include "http/octets.h"

namespace weir::http {

namespace {

/// Looks for the empty line that ends a head.  Every line on the way must end in CRLF: a bare LF ends a line for some
/// readers and not for others (RFC 9112 §2.2).  Returns false when it has not arrived yet.
Result<bool> find_end(std::string_view text, const HeadLimits& limits, int empty_lines_before, HeadScan& scan) {
  for (;;) {
    const void* found = std::memchr(text.data() + scan.seen, '\n', text.size() - scan.seen);
    if (found == nullptr) break;
    const std::size_t feed = static_cast<const char*>(found) - text.data();
    if (feed == scan.line || text[feed - 1] != '\r') return fail(Errc::head_malformed);

    const bool empty = feed == scan.line + 1;
    scan.line = scan.seen = feed + 1;
    if (scan.line - scan.begin > limits.bytes) return fail(Errc::head_too_large);
    if (empty && scan.start_line != 0) return true;
    if (!empty && scan.start_line == 0) {
      if (scan.line - scan.begin > limits.target) return fail(Errc::target_too_long);
      scan.start_line = scan.line;
    }
    if (!empty) continue;
    if (++scan.empty_lines > empty_lines_before) return fail(Errc::head_malformed);
    scan.begin = scan.line;
  }
  scan.seen = text.size();
  if (scan.start_line == 0 && text.size() - scan.begin > limits.target) return fail(Errc::target_too_long);
  if (text.size() - scan.begin >= limits.bytes) return fail(Errc::head_too_large);
  return false;
}

/// Decodes the field lines in `text`, each with its CRLF.
Result<void> decode_fields(std::string_view text, const HeadLimits& limits, Fields& fields) {
  fields.clear();
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end - 1);  // find_end saw the CR
    text.remove_prefix(end + 1);

    // A line that begins with white space would be a folded one (RFC 9112 §5.2): refused, since readers unfold
    // differently.  It fails here because white space is no token.
    std::size_t colon = 0;
    while (colon < line.size() && token_octet[static_cast<unsigned char>(line[colon])]) ++colon;
    if (colon == 0 || colon == line.size() || line[colon] != ':') return fail(Errc::head_malformed);
    const std::string_view value = trim(line.substr(colon + 1));
    if (!is_value(value)) return fail(Errc::head_malformed);
    if (fields.size() == limits.fields) return fail(Errc::head_too_large);
    const std::string_view name = line.substr(0, colon);
    fields.add({name, value, name_of(name)});
  }
  return {};
}

/// "HTTP/1.1" and "HTTP/1.0" are spoken.  Another well-formed version is told apart from nonsense.
Result<Version> decode_version(std::string_view text) {
  if (text == "HTTP/1.1") return Version::http11;
  if (text == "HTTP/1.0") return Version::http10;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool form = text.size() == 8 && text.starts_with("HTTP/") && digit(text[5]) && text[6] == '.' && digit(text[7]);
  return fail(form ? Errc::version_unsupported : Errc::head_malformed);
}

/// RFC 9112 §3, with single spaces only.
Result<void> decode_request_line(std::string_view line, Request& out) {
  const std::size_t first = line.find(' ');
  if (first == line.npos || !is_token(line.substr(0, first))) return fail(Errc::head_malformed);
  const std::size_t second = line.find(' ', first + 1);
  if (second == line.npos || second == first + 1) return fail(Errc::head_malformed);

  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, second - first - 1);
  // A fragment has no place in a target (RFC 9112 §3.2.1): some readers cut it off, others look for the file.
  const auto unfit = [](unsigned char c) { return c < 0x21 || c == 0x7f || c == '#'; };
  if (std::ranges::any_of(out.target, unfit)) return fail(Errc::head_malformed);
  const Result<Version> version = decode_version(line.substr(second + 1));
  if (!version) return std::unexpected(version.error());
  out.version = *version;
  if (out.method == "CONNECT") return fail(Errc::method_refused);  // asks for a proxy, and there is none to be seen
  return {};
}

/// The forms of RFC 9112 §3.2: origin ("/x"), absolute ("http://host/x") and asterisk ("*", OPTIONS only).
Result<void> decode_target(Request& out) {
  constexpr std::string_view scheme = "http://";
  const std::string_view target = out.target;
  out.absolute = false;
  out.authority = {};
  out.path = target;
  if (target.starts_with('/')) return {};
  if (target == "*") return out.method == "OPTIONS" ? Result<void>() : fail(Errc::head_malformed);

  if (target.size() < scheme.size() || !equal_fold(target.substr(0, scheme.size()), scheme)) {
    return fail(Errc::head_malformed);
  }
  const std::size_t end = std::min(target.find_first_of("/?", scheme.size()), target.size());
  out.absolute = true;
  out.authority = target.substr(scheme.size(), end - scheme.size());
  out.path = target.substr(end);
  if (out.path.empty() && out.method == "OPTIONS") out.path = "*";  // RFC 9112 §3.2.4
  return {};
}

/// Exactly one Host (RFC 9112 §3.2), replaced by the authority of an absolute target (§3.2.2).
Result<void> decode_host(Request& out) {
  const Field* host = nullptr;
  for (const Field& field : out.fields) {
    if (field.known != Name::host) continue;
    if (host != nullptr) return fail(Errc::host_invalid);
    host = &field;
  }
  if (host == nullptr && out.version == Version::http11) return fail(Errc::host_missing);

  out.host.clear();
  const auto normalised = [](std::string_view text) -> std::optional<std::string> {
    // IPv6 stands in brackets here (RFC 3986 §3.2.2); elsewhere it may not.
    if (!text.starts_with('[') && std::ranges::count(text, ':') > 1) return {};
    return normalise_name(text);
  };
  if (host != nullptr) {
    auto name = normalised(host->value);
    if (!name) return fail(Errc::host_invalid);
    if (!out.absolute) {
      out.authority = host->value;
      out.host = std::move(*name);
    }
  }
  if (out.absolute) {
    auto name = normalised(out.authority);
    if (!name) return fail(Errc::host_invalid);
    out.host = std::move(*name);
  }
  return {};
}

/// 1*DIGIT that fits in 63 bits; no sign, no list, no second opinion (RFC 9112 §6.3 item 5).
bool decode_length(std::string_view text, std::uint64_t& length) {
  if (text.empty() || text.size() > 19) return false;
  length = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    length = length * 10 + static_cast<unsigned>(c - '0');
  }
  return length >> 63 == 0;
}

/// What the two framing fields say, for requests and responses alike; Kind::none when neither is there.
/// Repeated lengths are refused even if equal: a reader behind us may see a list.
Result<Framing> decode_framing(const Head& head) {
  Framing framing;
  int lengths = 0, codings = 0;
  bool chunked = true;
  for (const Field& field : head.fields) {
    if (field.known == Name::content_length) {
      if (++lengths > 1 || !decode_length(field.value, framing.length)) return fail(Errc::framing_ambiguous);
      framing.kind = Framing::Kind::length;
    } else if (field.known == Name::transfer_encoding) {
      ++codings;
      chunked = chunked && equal_fold(field.value, "chunked");
    }
  }
  if (codings == 0) return framing;
  if (lengths != 0 || codings > 1 || head.version == Version::http10) return fail(Errc::framing_ambiguous);
  if (!chunked) return fail(Errc::coding_unknown);
  return Framing{Framing::Kind::chunked, 0};
}

/// Protocols that would carry further requests past this gateway's eyes are not upgraded to: the request goes on
/// without the offer, as RFC 9110 §7.8 allows.
bool may_upgrade_to(std::string_view protocols) {
  for (std::string_view p = next_element(protocols); !p.empty(); p = next_element(protocols)) {
    const std::string_view name = p.substr(0, p.find('/'));
    if (equal_fold(name, "h2c") || equal_fold(name, "http") || equal_fold(name, "tls")) return false;
  }
  return true;
}

/// RFC 9112 §9.3 and RFC 9110 §7.6.1.
void decode_connection(Head& head) {
  bool close = false, keep_alive = false, upgrade = false;
  head.nominates = false;
  for (const Field& field : head.fields) {
    if (field.known != Name::connection) continue;
    std::string_view list = field.value;
    for (std::string_view option = next_element(list); !option.empty(); option = next_element(list)) {
      if (equal_fold(option, "close"))
        close = true;
      else if (equal_fold(option, "keep-alive"))
        keep_alive = true;
      else if (equal_fold(option, "upgrade"))
        upgrade = true;
      else
        head.nominates = true;
    }
  }
  head.persistent = !close && (head.version == Version::http11 || keep_alive);
  head.upgrade = false;
  if (!upgrade || head.version == Version::http10) return;
  for (const Field& field : head.fields) {
    if (field.known != Name::upgrade) continue;
    if (!may_upgrade_to(field.value)) {
      head.upgrade = false;
      return;
    }
    head.upgrade = true;
  }
}

/// Only for the two methods that RFC 9110 §7.6.2 names.
Result<void> decode_max_forwards(Request& out) {
  out.last_hop = false;
  if (out.method != "OPTIONS" && out.method != "TRACE") return {};
  int seen = 0;
  for (const Field& field : out.fields) {
    if (field.known != Name::max_forwards) continue;
    std::uint64_t hops = 0;
    if (++seen > 1 || !decode_length(field.value, hops)) return fail(Errc::head_malformed);
    out.last_hop = hops == 0;
  }
  return {};
}

/// Before any line is complete: whether this can still become a request.  Binary noise is refused at once instead of
/// being waited for.
bool could_begin(std::string_view text) {
  constexpr std::size_t far_enough = 32;
  text = text.substr(0, std::min(text.find(' '), far_enough));
  if (text == "\r") return true;
  return std::ranges::all_of(text, [](unsigned char c) { return token_octet[c]; });
}

Result<void> decode_status_line(std::string_view line, Response& out) {
  if (line.size() < 12 || line[8] != ' ') return fail(Errc::response_malformed);
  const Result<Version> version = decode_version(line.substr(0, 8));
  if (!version) return fail(Errc::response_malformed);
  out.version = *version;
  out.status = 0;
  for (const char c : line.substr(9, 3)) {
    if (c < '0' || c > '9') return fail(Errc::response_malformed);
    out.status = out.status * 10 + (c - '0');
  }
  if (out.status < 100 || out.status > 599) return fail(Errc::response_malformed);  // RFC 9110 §15
  // The space before an absent reason is often forgotten; nobody reads that line in two ways.
  if (line.size() > 12 && line[12] != ' ') return fail(Errc::response_malformed);
  out.reason = line.size() > 13 ? line.substr(13) : std::string_view();
  return is_value(out.reason) ? Result<void>() : fail(Errc::response_malformed);
}

}  // namespace

Result<bool> decode_request(Bytes bytes, const HeadLimits& limits, HeadScan& scan, Request& out) {
  // RFC 9112 §2.2: clients of old sent an empty line behind a body.
  constexpr int empty_lines_before = 2;
  const std::string_view text = as_text(bytes);
  const Result<bool> complete = find_end(text, limits, empty_lines_before, scan);
  if (!complete) return complete;
  if (scan.start_line == 0)
    return could_begin(text.substr(scan.begin)) ? Result<bool>(false) : fail(Errc::head_malformed);
  if (!scan.checked || *complete) {
    const auto line = decode_request_line(text.substr(scan.begin, scan.start_line - 2 - scan.begin), out);
    if (!line) return std::unexpected(line.error());
    scan.checked = true;
  }
  if (!*complete) return false;

  out.size = scan.line;
  const auto fields = decode_fields(text.substr(scan.start_line, scan.line - 2 - scan.start_line), limits, out.fields);
  if (!fields) return std::unexpected(fields.error());
  if (const auto target = decode_target(out); !target) return std::unexpected(target.error());
  if (const auto host = decode_host(out); !host) return std::unexpected(host.error());
  const Result<Framing> framing = decode_framing(out);
  if (!framing) return std::unexpected(framing.error());
  out.framing = *framing;
  decode_connection(out);
  if (const auto hops = decode_max_forwards(out); !hops) return std::unexpected(hops.error());
  return true;
}

Result<bool> decode_response(Bytes bytes, const HeadLimits& limits, Asked asked, HeadScan& scan, Response& out) {
  const std::string_view text = as_text(bytes);
  const Result<bool> complete = find_end(text, limits, 0, scan);
  if (!complete) return fail(Errc::response_malformed);
  if (scan.start_line == 0) {
    constexpr std::string_view beginning = "HTTP/1.";
    const bool fits = beginning.starts_with(text.substr(0, beginning.size()));
    return fits ? Result<bool>(false) : fail(Errc::response_malformed);
  }
  if (!scan.checked || *complete) {
    const auto line = decode_status_line(text.substr(scan.begin, scan.start_line - 2 - scan.begin), out);
    if (!line) return std::unexpected(line.error());
    scan.checked = true;
  }
  if (!*complete) return false;

  out.size = scan.line;
  if (!decode_fields(text.substr(scan.start_line, scan.line - 2 - scan.start_line), limits, out.fields)) {
    return fail(Errc::response_malformed);
  }
  const Result<Framing> framing = decode_framing(out);
  if (!framing) return fail(Errc::response_malformed);
  decode_connection(out);
  // RFC 9112 §6.3 items 1, 2 and 8.  What a sender puts behind a response without a body is not a body: the caller
  // finds it as octets behind the end, and does not use that connection again.
  const bool bodiless = asked.head || out.status < 200 || out.status == 204 || out.status == 304;
  out.framing = bodiless ? Framing{} : *framing;
  if (!bodiless && framing->kind == Framing::Kind::none) out.framing.kind = Framing::Kind::until_close;
  if (out.framing.kind == Framing::Kind::until_close) out.persistent = false;
  if (out.status == 101 && !(asked.upgrade && out.upgrade)) return fail(Errc::response_malformed);
  return true;
}

}  // namespace weir::http
