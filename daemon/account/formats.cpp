#include "account/formats.h"

#include <cinttypes>
#include <cstdio>
#include <ctime>

#include "account/json.h"
#include "base/text.h"

namespace weir::account {

namespace {

constexpr char hex[] = "0123456789ABCDEF";

bool is_printable(char c) { return c > 0x20 && c < 0x7f; }

void append_hex(std::string& out, std::string_view prefix, char c) {
  out += prefix;
  out += hex[static_cast<unsigned char>(c) >> 4];
  out += hex[static_cast<unsigned char>(c) & 15];
}

/// Between quotes; "-" where there is nothing.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text.empty() ? std::string_view("-") : text) {
    if ((is_printable(c) || c == ' ') && c != '"' && c != '\\')
      out += c;
    else
      append_hex(out, "\\x", c);
  }
  out += '"';
}

/// One word of a line whose words are parted by blanks; "-" where there is nothing.
void append_word(std::string& out, std::string_view text) {
  if (text.empty()) out += '-';
  for (const char c : text) {
    if (is_printable(c) && c != '"' && c != '\\')
      out += c;
    else
      append_hex(out, "%", c);
  }
}

/// "10/Oct/2025:13:55:36 +0000"
std::string clf_time(WallTime time) {
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[48];
  std::snprintf(text, sizeof text, "%02d/%s/%04d:%02d:%02d:%02d +0000", utc.tm_mday, months[utc.tm_mon],
                utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return text;
}

/// "files.example:443", "[2001:db8::1]:443": what a CONNECT would have asked for.
std::string authority(const Record& r) {
  if (r.host.empty()) return r.flow.origin.to_string();
  const bool v6 = r.host.find(':') != r.host.npos;
  return (v6 ? '[' + r.host + ']' : r.host) + ':' + std::to_string(r.flow.origin.port);
}

/// Neither a request nor what was meant to be one.
bool is_connection(const Record& r) { return r.method.empty() && r.status == 0; }

/// Opened in advance, as browsers do, and never used.  On the wire nobody saw that; there it is a connection.
bool is_unused(const Record& r) {
  const bool by_client = r.reason == CloseReason::client_closed || r.reason == CloseReason::client_reset ||
                         r.reason == CloseReason::client_idle || r.reason == CloseReason::client_silent;
  return is_connection(r) && by_client && r.depth >= Depth::splice && r.bytes_in + r.bytes_out == 0;
}

/// What a proxy would have answered to the CONNECT of a connection, and to a request that was ended without an answer.
int assumed_status(const Record& r) {
  if (refuses(r.action)) return 403;
  if (!is_connection(r) || is_unused(r)) return 0;
  switch (r.reason) {
    case CloseReason::hello_malformed: return 400;
    case CloseReason::client_silent:
    case CloseReason::client_slow: return 408;
    case CloseReason::internal: return 500;
    case CloseReason::origin_refused:
    case CloseReason::origin_unreachable:
    case CloseReason::origin_timeout:
    case CloseReason::no_free_port:
    case CloseReason::adopt_failed:
    case CloseReason::limit: return 503;
    default: return 200;
  }
}

int status_of(const Record& r) { return r.status != 0 ? r.status : assumed_status(r); }

std::string_view version_of(const Record& r) { return r.heads && r.heads->http10 ? "HTTP/1.0" : "HTTP/1.1"; }

/// "GET http://host/path HTTP/1.1".  Log readers know a request by its version, so the CONNECT that nobody sent has
/// one.
std::string request_line(const Record& r, std::string_view target) {
  std::string line = r.method;
  line.append(" ").append(target).append(" ").append(version_of(r));
  return line;
}

/// "/path" of "http://host/path".
std::string_view path_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  const std::size_t slash = scheme == url.npos ? url.npos : url.find('/', scheme + 3);
  return slash == url.npos ? url : url.substr(slash);
}

/// What analysers of Squid's logs expect for what the cache did.
std::string_view cache_code(const Record& r) {
  if (!r.cache) return "TCP_MISS";
  switch (*r.cache) {
    case CacheResult::hit: return r.status == 304 ? "TCP_IMS_HIT" : "TCP_MEM_HIT";
    case CacheResult::joined: return "TCP_HIT";
    case CacheResult::revalidated: return "TCP_REFRESH_UNMODIFIED";
    case CacheResult::stale: return "TCP_STALE_HIT";
    case CacheResult::miss:
    case CacheResult::bypass: break;
  }
  return "TCP_MISS";
}

bool client_left(const Record& r) {
  return r.reason == CloseReason::client_closed || r.reason == CloseReason::client_reset;
}

std::string squid_code(const Record& r) {
  const int status = status_of(r);
  if (refuses(r.action)) return "TCP_DENIED";
  if (is_connection(r)) return status == 200 || status == 503 ? "TCP_TUNNEL" : "NONE_NONE";
  if (r.method.empty()) return "NONE_NONE";
  std::string code(cache_code(r));
  if (client_left(r)) code += "_ABORTED";
  return code;
}

/// Whom the answer came from.  Weir never chooses: it is where the client itself wanted to go.
std::string hierarchy(const Record& r, std::string_view code) {
  const bool stored = r.cache && is_saved(*r.cache) && *r.cache != CacheResult::revalidated;
  if (refuses(r.action) || stored || code == "NONE_NONE") return "HIER_NONE/-";
  return "ORIGINAL_DST/" + r.flow.origin.address.to_string();
}

/// "text/html" of "text/html; charset=utf-8".
std::string_view bare_type(const Record& r) {
  if (!r.heads) return {};
  const std::string_view type = r.heads->content_type;
  return trim(type.substr(0, type.find(';')));
}

/// A page hands what it was asked on to all that it loads: without log.query neither query nor fragment is told.
std::string_view referer_of(const Record& r, bool query) {
  if (!r.heads) return {};
  const std::string_view referer = r.heads->referer;
  return query ? referer : referer.substr(0, referer.find_first_of("?#"));
}

/// What an nginx in front of a cache calls it.
std::string_view upstream_cache_status(const Record& r) {
  if (!r.cache) return {};
  switch (*r.cache) {
    case CacheResult::hit:
    case CacheResult::joined: return "HIT";
    case CacheResult::revalidated: return "REVALIDATED";
    case CacheResult::stale: return "STALE";
    case CacheResult::miss: return "MISS";
    case CacheResult::bypass: return "BYPASS";
  }
  return {};
}

}  // namespace

std::string combined_line(const Record& r, bool query) {
  if (is_unused(r)) return {};
  std::string line = r.flow.client.address.to_string() + " - - [" + clf_time(r.ts) + "] ";
  if (is_connection(r))
    append_quoted(line, "CONNECT " + authority(r) + " HTTP/1.1");
  else
    append_quoted(line, r.method.empty() ? "" : request_line(r, r.url));
  line += ' ' + std::to_string(status_of(r)) + ' ' + std::to_string(r.bytes_out) + ' ';
  append_quoted(line, referer_of(r, query));
  line += ' ';
  append_quoted(line, r.heads ? r.heads->agent : "");
  line += '\n';
  return line;
}

std::string squid_line(const Record& r) {
  using namespace std::chrono;
  const auto end = floor<milliseconds>(r.ts.time_since_epoch() + duration_cast<WallTime::duration>(r.duration));
  const std::string code = squid_code(r);
  char head[96];
  std::snprintf(head, sizeof head, "%" PRId64 ".%03d %6" PRId64 " ",
                static_cast<std::int64_t>(floor<seconds>(end).count()), static_cast<int>((end % 1000ms).count()),
                static_cast<std::int64_t>(floor<milliseconds>(r.duration).count()));
  char status[16];
  std::snprintf(status, sizeof status, "/%03d ", status_of(r));
  std::string line = head + r.flow.client.address.to_string() + ' ' + code + status + std::to_string(r.bytes_out) + ' ';
  if (is_unused(r)) {
    line += "- error:transaction-end-before-headers";
  } else if (is_connection(r)) {
    line += "CONNECT ";
    append_word(line, authority(r));
  } else {
    append_word(line, r.method);
    line += ' ';
    append_word(line, r.method.empty() ? "error:invalid-request" : std::string_view(r.url));
  }
  line += " - " + hierarchy(r, code) + ' ';
  append_word(line, bare_type(r));
  line += '\n';
  return line;
}

std::string lancache_line(const Record& r, bool query) {
  if (r.method.empty()) return {};
  static const Heads none;
  const Heads& heads = r.heads ? *r.heads : none;
  // Steam's client says so itself; whatever else is downloaded is known by its host.
  const bool steam = heads.agent.find("Valve/Steam HTTP Client 1.0") != heads.agent.npos;
  std::string line = "[";
  append_word(line, steam ? "steam" : std::string_view(r.host));
  line += "] " + r.flow.client.address.to_string() + " / - - - [" + clf_time(r.ts) + "] ";
  append_quoted(line, request_line(r, path_of(r.url)));
  line += ' ' + std::to_string(status_of(r)) + ' ' + std::to_string(r.bytes_out);
  for (const std::string_view field : {referer_of(r, query), std::string_view(heads.agent), upstream_cache_status(r),
                                       std::string_view(r.host), std::string_view(heads.range)}) {
    line += ' ';
    append_quoted(line, field);
  }
  line += '\n';
  return line;
}

std::string line_of(const Record& record, LogFormat format, bool query) {
  switch (format) {
    case LogFormat::json: return json_line(record);
    case LogFormat::combined: return combined_line(record, query);
    case LogFormat::squid: return squid_line(record);
    case LogFormat::lancache: return lancache_line(record, query);
  }
  return {};
}

}  // namespace weir::account
