#include "http/h1_encode.h"

#include <charconv>

#include "base/text.h"

namespace weir::http {

namespace {

void append_field(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(": ").append(value).append("\r\n");
}

/// Connection names this field as one that ends here (RFC 9110 §7.6.1).  Asked only of fields that a gateway does not
/// understand: "Connection: content-length" must not unframe a body.
bool nominated(const Head& head, const Field& field) {
  if (!head.nominates) return false;
  for (const Field& connection : head.fields) {
    if (connection.known != Name::connection) continue;
    std::string_view list = connection.value;
    for (std::string_view option = next_element(list); !option.empty(); option = next_element(list)) {
      if (equal_fold(option, field.name)) return true;
    }
  }
  return false;
}

/// One hop fewer (RFC 9110 §7.6.2); decode_request saw to it that it is a number above zero.
void append_max_forwards(const Request& request, const Field& field, std::string& out) {
  if (request.method != "OPTIONS" && request.method != "TRACE") return append_field(field.name, field.value, out);
  std::uint64_t hops = 0;
  std::from_chars(field.value.data(), field.value.data() + field.value.size(), hops);
  append_field(field.name, std::to_string(hops - 1), out);
}

/// "Connection: upgrade", once, where the sender had its Connection field.
void append_connection(std::string_view name, std::string_view option, bool& said, std::string& out) {
  if (said || option.empty()) return;
  append_field(name, option, out);
  said = true;
}

bool is_condition(Name name) {
  switch (name) {
    case Name::if_match:
    case Name::if_modified_since:
    case Name::if_none_match:
    case Name::if_range:
    case Name::if_unmodified_since: return true;
    default: return false;
  }
}

}  // namespace

void encode_request(const Request& request, std::string& out, const Validators* own) {
  out.append(request.method).append(" ");
  if (!request.path.starts_with('/') && request.path != "*") out.append("/");
  out.append(request.path).append(request.authority.empty() ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
  bool host_said = request.authority.empty(), connection_said = false;
  if (!host_said && request.fields.find(Name::host) == nullptr) {
    append_field("Host", request.authority, out);
    host_said = true;
  }
  for (const Field& field : request.fields) {
    switch (field.known) {
      case Name::keep_alive:
      case Name::proxy_connection:
      case Name::te: break;
      case Name::connection:
        append_connection(field.name, request.upgrade ? "upgrade" : "", connection_said, out);
        break;
      case Name::upgrade:
        if (request.upgrade) append_field(field.name, field.value, out);
        break;
      case Name::host:
        if (!host_said) append_field(field.name, request.authority, out);
        host_said = true;
        break;
      case Name::transfer_encoding: append_field(field.name, "chunked", out); break;
      case Name::max_forwards: append_max_forwards(request, field, out); break;
      case Name::content_length:
      case Name::expect: append_field(field.name, field.value, out); break;
      default:
        if (!nominated(request, field) && (own == nullptr || !is_condition(field.known)))
          append_field(field.name, field.value, out);
        break;
    }
  }
  if (own != nullptr && !own->etag.empty()) append_field("If-None-Match", own->etag, out);
  if (own != nullptr && !own->last_modified.empty()) append_field("If-Modified-Since", own->last_modified, out);
  out.append("\r\n");
}

void encode_response(const Response& response, const Delivery& delivery, std::string& out) {
  const char status[] = {static_cast<char>('0' + response.status / 100),
                         static_cast<char>('0' + response.status / 10 % 10),
                         static_cast<char>('0' + response.status % 10)};
  out.append("HTTP/1.1 ").append(status, 3).append(" ").append(response.reason).append("\r\n");

  const bool upgraded = response.status == 101;
  const bool lengthless = response.status < 200 || response.status == 204;
  const std::string_view option = upgraded              ? "upgrade"
                                  : delivery.close      ? "close"
                                  : delivery.keep_alive ? "keep-alive"
                                                        : "";
  bool connection_said = false, coding_said = delivery.framing != Framing::Kind::chunked;
  for (const Field& field : response.fields) {
    switch (field.known) {
      case Name::keep_alive:
      case Name::proxy_connection:
      case Name::te: break;
      case Name::connection: append_connection(field.name, option, connection_said, out); break;
      case Name::upgrade:
        if (upgraded) append_field(field.name, field.value, out);
        break;
      case Name::transfer_encoding:
        if (!coding_said) append_field(field.name, "chunked", out);
        coding_said = true;
        break;
      case Name::content_length:
        if (!lengthless) append_field(field.name, field.value, out);
        break;
      case Name::host:
      case Name::expect:
      case Name::max_forwards: append_field(field.name, field.value, out); break;
      default:
        if (!nominated(response, field)) append_field(field.name, field.value, out);
        break;
    }
  }
  append_connection("Connection", option, connection_said, out);
  out.append("\r\n");
}

ChunkLine chunk_line(std::size_t payload) {
  ChunkLine line;
  char* end = std::to_chars(line.text.data(), line.text.data() + 16, payload, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  line.size = static_cast<std::size_t>(end - line.text.data());
  return line;
}

}  // namespace weir::http
