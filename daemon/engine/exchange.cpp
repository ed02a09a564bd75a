#include "engine/exchange.h"

#include <chrono>

#include "engine/gather.h"
#include "engine/serve.h"
#include "http/body.h"
#include "http/h1_encode.h"
#include "io/deadline.h"

namespace weir::engine {

namespace {

/// What is here of a body whose end `body` knows.
void add_body(Gather& gather, Bytes payload, const http::BodyDecoder& body, bool chunked) {
  gather.add_payload({&payload, 1}, payload.size(), chunked);
  if (chunked && body.done()) gather.add_end(body.trailers());
}

/// The request: its head with as much of the body as is here in one write, then the rest as it comes.  An origin that
/// takes no more may have answered already, so that is no failure: the download finds out.
io::Task<std::optional<Errc>> upload(Exchange& x, io::Deadline& deadline) {
  http::BodyDecoder body(x.ask.framing);
  Buffer& buffer = x.workspace.client;
  for (bool first = true;; first = false) {
    const auto piece = body.decode(buffer.unread());
    if (!piece) co_return Errc::body_malformed;
    Gather gather;
    if (first) gather.add(as_bytes(x.workspace.request_head));
    add_body(gather, piece->payload, body, x.ask.framing.kind == http::Framing::Kind::chunked);
    if (gather.size() > 0) {
      if (first) x.workspace.inside.stop(std::chrono::steady_clock::now());
      const auto sent = co_await x.origin.writev(gather.spans());
      if (!sent && sent.error() == Errc::stopped) co_return Errc::stopped;
      if (!sent && sent.error() == Errc::timed_out) co_return Errc::origin_timeout;
      if (!sent) co_return std::nullopt;
    }
    buffer.used(piece->consumed);
    x.traffic.in += piece->consumed;
    if (body.done()) break;

    deadline.restart(stall);
    const auto got = co_await x.client.read(buffer.space());
    if (!got) co_return got.error().code;
    if (*got == 0) co_return Errc::closed;
    buffer.filled(*got);
    deadline.restart(stall);
  }
  x.uploaded = true;
  co_return std::nullopt;
}

/// Reads the head of the final response into the workspace; interim ones go to the client as they come (RFC 9110
/// §15.2), unless it is too old to know them.
io::Task<std::optional<Errc>> read_response(Exchange& x) {
  Buffer& buffer = x.workspace.origin;
  const http::Response& response = x.workspace.response;
  http::HeadScan scan;
  for (;;) {
    const auto complete = http::decode_response(buffer.unread(), {}, x.ask.asked, scan, x.workspace.response);
    if (!complete) co_return complete.error().code;
    if (!*complete) {
      const auto got = co_await x.origin.read(buffer.space());
      if (!got) co_return of_origin(got.error());
      if (*got == 0) co_return x.heard ? Errc::response_truncated : Errc::origin_closed;
      buffer.filled(*got);
      x.heard = true;
      continue;
    }
    if (!response.interim()) co_return std::nullopt;
    if (x.ask.version == http::Version::http11) {
      std::string& head = x.workspace.response_head;
      head.clear();
      http::encode_response(response, {}, head);
      if (const auto sent = co_await x.client.write(as_bytes(head)); !sent) co_return sent.error().code;
      x.traffic.out += head.size();
    }
    buffer.used(response.size);
    scan = {};
  }
}

io::Task<std::optional<Errc>> download(Exchange& x, io::Deadline& deadline) {
  if (const auto failed = co_await read_response(x); failed) co_return failed;
  const http::Response& response = x.workspace.response;
  x.workspace.heard(x.loop.now());
  if (response.status == 101 && !x.uploaded) co_return Errc::response_malformed;
  x.status = response.status;
  x.workspace.note_type(response);
  if (x.caching != nullptr) {
    x.caching->hear(response, x.workspace.origin.unread().size() - response.size);
    if (x.caching->use != Caching::Use::deliver) {
      x.held = true;
      // Of a response without content nothing stands in the connection any more.
      x.origin_persists =
          response.persistent && response.framing.empty() && x.workspace.origin.unread().size() == response.size;
      co_return std::nullopt;
    }
  }
  const http::Delivery delivery = delivery_of(x.ask, response, x.uploaded);
  x.workspace.response_head.clear();
  http::encode_response(response, delivery, x.workspace.response_head);

  Buffer& buffer = x.workspace.origin;
  buffer.used(response.size);
  http::BodyDecoder body(response.framing);
  for (bool first = true;; first = false) {
    // The first piece is decoded before the head leaves: a body that is broken from its beginning is still answered
    // 502.
    const auto piece = body.decode(buffer.unread());
    if (!piece) co_return Errc::response_malformed;
    Gather gather;
    if (first) gather.add(as_bytes(x.workspace.response_head));
    add_body(gather, piece->payload, body, delivery.framing == http::Framing::Kind::chunked);
    if (gather.size() > 0) {
      x.answered = true;
      if (first) x.workspace.inside.stop(std::chrono::steady_clock::now());
      if (const auto sent = co_await x.client.writev(gather.spans()); !sent) co_return sent.error().code;
      x.traffic.out += gather.size();
    }
    buffer.used(piece->consumed);
    if (body.done()) break;

    deadline.restart(stall);
    const auto got = co_await x.origin.read(buffer.space());
    if (!got) co_return of_origin(got.error());
    buffer.filled(*got);
    deadline.restart(stall);
    if (*got != 0) continue;
    if (!body.closed()) co_return Errc::response_truncated;
    break;
  }
  x.upgraded = response.status == 101;
  x.client_persists = !delivery.close;
  // Octets behind the end were asked for by nobody; they must not answer the next request.
  x.origin_persists = response.persistent && x.uploaded && buffer.empty();
  co_return std::nullopt;
}

void fail_first(Exchange& x, Errc code) {
  if (!x.failed) x.failed = code;
}

io::Task<void> up(Exchange& x, io::Deadline& deadline, io::TaskGroup& both) {
  std::optional<Errc> failed = co_await upload(x, deadline);
  if (!failed && x.uploaded) failed = co_await watch_client(x.client, x.workspace.client);
  if (!failed) co_return;
  fail_first(x, *failed);
  both.stop();
}

io::Task<void> down(Exchange& x, io::Deadline& deadline, io::TaskGroup& both, bool& complete) {
  const std::optional<Errc> failed = co_await download(x, deadline);
  // A stalled exchange whose request is not out yet: the upload knows whose fault that is.
  if (failed == Errc::origin_timeout && !x.uploaded) co_return;
  complete = !failed;
  if (failed) fail_first(x, *failed);
  both.stop();
}

}  // namespace

http::Delivery delivery_of(const Ask& ask, const http::Response& response, bool uploaded) {
  using Kind = http::Framing::Kind;
  const bool old = ask.version == http::Version::http10;
  http::Delivery delivery;
  delivery.framing = response.framing.kind == Kind::chunked && old ? Kind::until_close : response.framing.kind;
  // A response that overtakes its request ends the connection: what is left of the request would have to be read by
  // nobody (RFC 9112 §9.3).
  delivery.close = !ask.persistent || delivery.framing == Kind::until_close || !uploaded;
  delivery.keep_alive = old && !delivery.close;
  return delivery;
}

io::Task<std::optional<Errc>> watch_client(io::Tcp& client, Buffer& buffer) {
  while (!buffer.full()) {
    // Nothing is there most of the time, so wait without trying first.
    const auto ready = co_await io::select(client, io::want_in, client, io::want_nothing);
    if (!ready && ready.error() == Errc::timed_out) break;
    if (!ready) co_return ready.error().code;
    const auto got = co_await client.read(buffer.space());
    if (!got && got.error() == Errc::timed_out) break;
    if (!got) co_return got.error().code;
    if (*got == 0) break;  // it has said everything, and may still listen
    buffer.filled(*got);
  }
  co_return std::nullopt;
}

Errc of_origin(const Error& error) {
  switch (error.code) {
    case Errc::reset: return Errc::origin_reset;
    case Errc::timed_out: return Errc::origin_timeout;
    default: return error.code;
  }
}

io::Task<void> run(Exchange& exchange) {
  // One limit for the whole exchange, put off whenever something has moved in either direction.
  io::Deadline deadline(exchange.loop.wheel(), exchange.client, exchange.origin, stall);
  bool complete = false;
  io::TaskGroup both(exchange.loop);
  both.spawn(up(exchange, deadline, both));
  both.spawn(down(exchange, deadline, both, complete));
  co_await both.join();
  if (complete)
    exchange.failed.reset();  // how the upload ended does not matter any more
  else
    fail_first(exchange, Errc::origin_timeout);
}

}  // namespace weir::engine
