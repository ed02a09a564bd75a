#include "engine/exchange.h"

#include <array>

#include "engine/serve.h"
#include "http/body.h"
#include "http/h1_encode.h"
#include "io/deadline.h"

namespace weir::engine {

namespace {

/// The spans of one gathered write: a head, then a piece of body in the framing of the next hop.
class Gather {
 public:
  void add(Bytes bytes) {
    if (bytes.empty()) return;
    spans_[count_++] = bytes;
    size_ += bytes.size();
  }
  void add_body(Bytes payload, const http::BodyDecoder& body, bool chunked) {
    if (chunked && !payload.empty()) {
      line_ = http::chunk_line(payload.size());
      add(as_bytes(line_.view()));
      add(payload);
      add(as_bytes("\r\n"));
    } else {
      add(payload);
    }
    if (!chunked || !body.done()) return;
    add(as_bytes("0\r\n"));
    add(as_bytes(body.trailers()));
    add(as_bytes("\r\n"));
  }
  std::span<const Bytes> spans() const { return {spans_.data(), count_}; }
  std::size_t size() const { return size_; }

 private:
  std::array<Bytes, 8> spans_;
  std::size_t count_ = 0;
  std::size_t size_ = 0;
  http::ChunkLine line_;
};

Errc of_origin(const Error& error) {
  switch (error.code) {
    case Errc::reset: return Errc::origin_reset;
    case Errc::timed_out: return Errc::origin_timeout;
    default: return error.code;
  }
}

/// Reads into `buffer`; 0 at FIN.
io::Task<Result<std::size_t>> read_more(io::Loop& loop, io::Tcp& from, Buffer& buffer) {
  io::Deadline deadline(loop.wheel(), from, stall);
  Result<std::size_t> got = co_await from.read(buffer.space());
  if (got) buffer.filled(*got);
  co_return got;
}

io::Task<Result<void>> write_all(io::Loop& loop, io::Tcp& to, const Gather& gather) {
  io::Deadline deadline(loop.wheel(), to, stall);
  co_return co_await to.writev(gather.spans());
}

/// The request: its head with as much of the body as is here in one write, then the rest as it comes.  An origin that
/// takes no more may have answered already, so that is no failure: the download finds out.
io::Task<std::optional<Errc>> upload(Exchange& x) {
  http::BodyDecoder body(x.ask.framing);
  Buffer& buffer = x.workspace.client;
  for (bool first = true;; first = false) {
    const auto piece = body.decode(buffer.unread());
    if (!piece) co_return Errc::body_malformed;
    Gather gather;
    if (first) gather.add(as_bytes(x.workspace.request_head));
    gather.add_body(piece->payload, body, x.ask.framing.kind == http::Framing::Kind::chunked);
    if (gather.size() > 0) {
      if (const auto sent = co_await write_all(x.loop, x.origin, gather); !sent) {
        if (sent.error() == Errc::stopped) co_return Errc::stopped;
        co_return std::nullopt;
      }
    }
    buffer.used(piece->consumed);
    x.traffic.in += piece->consumed;
    if (body.done()) break;

    const auto got = co_await read_more(x.loop, x.client, buffer);
    if (!got) co_return got.error().code;
    if (*got == 0) co_return Errc::closed;
  }
  x.uploaded = true;
  co_return std::nullopt;
}

/// While the answer is on its way: notices a client that has gone, and takes in what it sends ahead (RFC 9112 §9.3.2),
/// as far as there is room.
io::Task<std::optional<Errc>> watch_client(Exchange& x) {
  Buffer& buffer = x.workspace.client;
  while (!buffer.full()) {
    if (const auto ready = co_await x.client.readable(); !ready) co_return ready.error().code;
    const auto got = co_await x.client.read(buffer.space());
    if (!got) co_return got.error().code;
    if (*got == 0) break;  // it has said everything, and may still listen
    buffer.filled(*got);
  }
  co_return std::nullopt;
}

/// Reads one response head into the workspace.
io::Task<std::optional<Errc>> read_response(Exchange& x) {
  Buffer& buffer = x.workspace.origin;
  http::HeadScan scan;
  for (;;) {
    if (!buffer.empty()) {
      const auto complete = http::decode_response(buffer.unread(), {}, x.ask.asked, scan, x.workspace.response);
      if (!complete) co_return complete.error().code;
      if (*complete) co_return std::nullopt;
    }
    const auto got = co_await read_more(x.loop, x.origin, buffer);
    if (!got && got.error() == Errc::timed_out && !x.uploaded) continue;  // it waits for the request as we do
    if (!got) co_return of_origin(got.error());
    if (*got == 0) co_return x.heard ? Errc::response_truncated : Errc::origin_closed;
    x.heard = true;
  }
}

io::Task<std::optional<Errc>> deliver(Exchange& x, const Gather& gather) {
  const auto sent = co_await write_all(x.loop, x.client, gather);
  if (!sent) co_return sent.error().code;
  x.traffic.out += gather.size();
  co_return std::nullopt;
}

/// Reads the final response's head; interim ones go to the client as they come (RFC 9110 §15.2), unless it is too old
/// to know them.
io::Task<std::optional<Errc>> read_final_response(Exchange& x) {
  const http::Response& response = x.workspace.response;
  std::string& head = x.workspace.response_head;
  for (;;) {
    if (const auto failed = co_await read_response(x); failed) co_return failed;
    if (!response.interim()) co_return std::nullopt;
    if (x.ask.version == http::Version::http11) {
      head.clear();
      http::encode_response(response, {}, head);
      Gather gather;
      gather.add(as_bytes(head));
      if (const auto failed = co_await deliver(x, gather); failed) co_return failed;
    }
    x.workspace.origin.used(response.size);
  }
}

/// How the response in the workspace reaches this client.
http::Delivery delivery_of(const Exchange& x) {
  using Kind = http::Framing::Kind;
  const http::Response& response = x.workspace.response;
  const bool old = x.ask.version == http::Version::http10;
  http::Delivery delivery;
  delivery.framing = response.framing.kind == Kind::chunked && old ? Kind::until_close : response.framing.kind;
  // A response that overtakes its request ends the connection: what is left of the request would have to be read by
  // nobody (RFC 9112 §9.3).
  delivery.close = !x.ask.persistent || delivery.framing == Kind::until_close || !x.uploaded;
  delivery.keep_alive = old && !delivery.close;
  return delivery;
}

io::Task<std::optional<Errc>> download(Exchange& x) {
  if (const auto failed = co_await read_final_response(x); failed) co_return failed;
  const http::Response& response = x.workspace.response;
  if (response.status == 101 && !x.uploaded) co_return Errc::response_malformed;
  const http::Delivery delivery = delivery_of(x);
  x.workspace.response_head.clear();
  http::encode_response(response, delivery, x.workspace.response_head);
  x.status = response.status;

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
    gather.add_body(piece->payload, body, delivery.framing == http::Framing::Kind::chunked);
    if (gather.size() > 0) {
      x.answered = true;
      if (const auto failed = co_await deliver(x, gather); failed) co_return failed;
    }
    buffer.used(piece->consumed);
    if (body.done()) break;

    const auto got = co_await read_more(x.loop, x.origin, buffer);
    if (!got) co_return of_origin(got.error());
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

io::Task<void> up(Exchange& x, io::TaskGroup& both) {
  std::optional<Errc> failed = co_await upload(x);
  if (!failed && x.uploaded) failed = co_await watch_client(x);
  if (!failed) co_return;
  fail_first(x, *failed);
  both.stop();
}

io::Task<void> down(Exchange& x, io::TaskGroup& both, bool& complete) {
  const std::optional<Errc> failed = co_await download(x);
  complete = !failed;
  if (failed) fail_first(x, *failed);
  both.stop();
}

}  // namespace

io::Task<void> run(Exchange& exchange) {
  bool complete = false;
  io::TaskGroup both(exchange.loop);
  both.spawn(up(exchange, both));
  both.spawn(down(exchange, both, complete));
  co_await both.join();
  if (complete) exchange.failed.reset();  // how the upload ended does not matter any more
}

}  // namespace weir::engine
