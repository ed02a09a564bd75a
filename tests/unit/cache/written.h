// Heads as tests write them: one text, decoded like one from the wire.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "cache/entry.h"
#include "http/h1_decode.h"

namespace weir::cache {

/// "Name: value\n" lines -> a request or response that owns its text.
template <class Message>
struct Written {
  std::string text;
  Message head;

  Message* operator->() { return &head; }
};

inline std::string wire(std::string_view first, std::string_view lines) {
  std::string text(first);
  text += "\r\n";
  for (const char c : lines) {
    if (c == '\n') text += '\r';
    text += c;
  }
  return text + "\r\n";
}

inline std::unique_ptr<Written<http::Response>> response(std::string_view lines, int status = 200) {
  auto made = std::make_unique<Written<http::Response>>();
  made->text = wire("HTTP/1.1 " + std::to_string(status) + " Words", lines);
  http::HeadScan scan;
  EXPECT_TRUE(http::decode_response(as_bytes(made->text), {}, {}, scan, made->head).value_or(false)) << made->text;
  return made;
}

inline std::unique_ptr<Written<http::Request>> request(std::string_view lines = {}) {
  auto made = std::make_unique<Written<http::Request>>();
  made->text = wire("GET /a HTTP/1.1", "Host: a.example\n" + std::string(lines));
  http::HeadScan scan;
  EXPECT_TRUE(http::decode_request(as_bytes(made->text), {}, scan, made->head).value_or(false)) << made->text;
  return made;
}

}  // namespace weir::cache
