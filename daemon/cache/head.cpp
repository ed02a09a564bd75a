#include "cache/head.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "http/date.h"
#include "http/directives.h"
#include "http/h1_decode.h"

namespace weir::cache {

namespace {

using http::Field;
using http::Name;

void append_field(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(": ").append(value).append("\r\n");
}

/// RFC 9111 §3.1: of one hop, or between a client and a proxy.
bool is_never_stored(const Field& field) {
  static constexpr std::array<std::string_view, 4> names = {"proxy-authenticate", "proxy-authentication-info",
                                                            "proxy-authorization", "trailer"};
  if (field.known == Name::content_length) return false;
  if (http::is_of_hop(field.known) || field.known == Name::age) return true;
  return field.known == Name::other &&
         std::ranges::any_of(names, [&](std::string_view name) { return equal_fold(field.name, name); });
}

/// What a newer head may not change: how the stored octets are to be read.
bool is_bound_to_content(const Field& field) {
  return field.known == Name::content_length || equal_fold(field.name, "content-encoding") ||
         equal_fold(field.name, "content-range");
}

/// Connection names it.
bool is_nominated(const http::Head& head, std::string_view name) {
  if (!head.nominates) return false;
  for (const Field& field : head.fields) {
    if (field.known != Name::connection) continue;
    std::string_view list = field.value;
    for (std::string_view option = http::next_element(list); !option.empty(); option = http::next_element(list)) {
      if (equal_fold(option, name)) return true;
    }
  }
  return false;
}

bool is_stored(const http::Response& response, const http::Directives& control, const Field& field) {
  if (is_never_stored(field) || control.limits(field.name)) return false;
  if (field.known == Name::content_length) return response.framing.kind == http::Framing::Kind::length;
  return !is_nominated(response, field.name);
}

void append_status_line(int status, std::string_view reason, std::string& out) {
  out.append("HTTP/1.1 ").append(std::to_string(status)).append(" ").append(reason).append("\r\n");
}

void append_connection(const Telling& telling, std::string& out) {
  if (telling.close)
    append_field("Connection", "close", out);
  else if (telling.keep_alive)
    append_field("Connection", "keep-alive", out);
}

std::string seconds_text(Duration age) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(age).count());
}

}  // namespace

StoredHead::StoredHead(std::string text) : text_(std::move(text)) {
  text_.shrink_to_fit();
  const http::Response head = decoded();
  status_ = head.status;
  has_length_ = head.fields.find(Name::content_length) != nullptr;
  const auto place = [this](std::string_view view, std::size_t(&to)[2]) {
    if (view.empty()) return;
    to[0] = static_cast<std::size_t>(view.data() - text_.data());
    to[1] = view.size();
  };
  const http::Validators validators = http::validators_of(head.fields);
  place(validators.etag, etag_);
  place(validators.last_modified, last_modified_);
}

StoredHead StoredHead::of(const http::Response& response, WallTime received) {
  const http::Directives control = http::directives_of(response.fields);
  std::string text;
  text.reserve(response.size + 64);
  append_status_line(response.status, response.reason, text);
  for (const Field& field : response.fields) {
    if (is_stored(response, control, field)) append_field(field.name, field.value, text);
  }
  if (response.fields.find(Name::date) == nullptr) append_field("Date", http::date_text(received), text);
  text.append("\r\n");
  return StoredHead(std::move(text));
}

StoredHead StoredHead::updated_by(const http::Response& newer, WallTime received) const {
  const http::Response stored = decoded();
  const http::Directives control = http::directives_of(newer.fields);
  const auto updates = [&](const Field& field) {
    return !is_never_stored(field) && !is_bound_to_content(field) && !control.limits(field.name) &&
           !is_nominated(newer, field.name);
  };
  const auto same_name = [](std::string_view name) {
    return [name](const Field& field) { return equal_fold(field.name, name); };
  };
  // RFC 9110 §6.6.1: a head without Date was made when it came.
  const bool dated = newer.fields.find(Name::date) != nullptr;
  std::string text;
  append_status_line(stored.status, stored.reason, text);
  for (auto field = stored.fields.begin(); field != stored.fields.end(); ++field) {
    if (field->known == Name::date && !dated) continue;
    const auto replaces = [&](const Field& n) { return updates(n) && equal_fold(n.name, field->name); };
    if (std::ranges::none_of(newer.fields, replaces)) {
      append_field(field->name, field->value, text);
    } else if (std::none_of(stored.fields.begin(), field, same_name(field->name))) {
      for (const Field& n : newer.fields) {
        if (replaces(n)) append_field(n.name, n.value, text);
      }
    }
  }
  for (const Field& field : newer.fields) {
    if (updates(field) && std::ranges::none_of(stored.fields, same_name(field.name)))
      append_field(field.name, field.value, text);
  }
  if (!dated) append_field("Date", http::date_text(received), text);
  text.append("\r\n");
  return StoredHead(std::move(text));
}

http::Validators StoredHead::validators() const {
  const std::string_view text = text_;
  return {.etag = text.substr(etag_[0], etag_[1]), .last_modified = text.substr(last_modified_[0], last_modified_[1])};
}

http::Response StoredHead::decoded() const {
  http::HeadScan scan;
  http::Response head;
  // It was a head when it came, and has lost fields since, or gained some that were in another one.
  (void)http::decode_response(as_bytes(text_), {.bytes = 1 << 20, .fields = 1 << 14}, {}, scan, head);
  return head;
}

void StoredHead::tell(const Telling& telling, std::string& out) const {
  if (telling.as != Telling::As::stored) {
    tell_fields(telling, out);
  } else {
    out.append(text_, 0, text_.size() - 2);
    const bool bodiless = status_ == 204;
    if (telling.chunked)
      append_field("Transfer-Encoding", "chunked", out);
    else if (!has_length_ && !bodiless && telling.size)
      append_field("Content-Length", std::to_string(*telling.size), out);
  }
  append_field("Age", seconds_text(telling.age), out);
  append_connection(telling, out);
  out.append("\r\n");
}

/// 304, 206 and 416 have a status line and a length of their own; 304 and 416 do not speak of content that is not
/// there.
void StoredHead::tell_fields(const Telling& telling, std::string& out) const {
  const bool part = telling.as == Telling::As::part;
  const std::string size = std::to_string(telling.size.value_or(0));
  if (part)
    append_status_line(206, "Partial Content", out);
  else if (telling.as == Telling::As::not_modified)
    append_status_line(304, "Not Modified", out);
  else
    append_status_line(416, "Range Not Satisfiable", out);

  const http::Response stored = decoded();
  for (const Field& field : stored.fields) {
    if (field.known == Name::content_length) continue;
    const bool of_content = field.name.size() > 8 && equal_fold(field.name.substr(0, 8), "content-");
    if (!part && of_content && !equal_fold(field.name, "content-location")) continue;
    append_field(field.name, field.value, out);
  }
  if (part) {
    const http::Slice& slice = telling.slice;
    append_field(
        "Content-Range",
        "bytes " + std::to_string(slice.first) + "-" + std::to_string(slice.first + slice.length - 1) + "/" + size,
        out);
    append_field("Content-Length", std::to_string(slice.length), out);
  } else if (telling.as == Telling::As::unsatisfiable) {
    append_field("Content-Range", "bytes */" + size, out);
    append_field("Content-Length", "0", out);
  }
}

}  // namespace weir::cache
