#include "engine/stored.h"

#include <chrono>

#include "engine/gather.h"
#include "io/deadline.h"

namespace weir::engine {

namespace {

using Kind = http::Framing::Kind;
using As = cache::Telling::As;

/// The head and the content in as few writes as they fit in.  Returns how it failed.
io::Task<std::optional<Errc>> write_all(const Passing& p, io::Deadline& deadline, Step& step) {
  const bool chunked = p.framing == Kind::chunked;
  for (bool first = true;; first = false) {
    const cache::Reader::Look look = p.reader.look();
    if (look.broken) co_return *look.broken;
    if (!first && look.size == 0 && !look.last) {
      if (const auto rung = co_await p.reader.wait(); !rung) co_return rung.error().code;
      continue;
    }
    Gather gather;
    std::string trailers;
    if (first) gather.add(as_bytes(p.workspace.response_head));
    gather.add_payload({look.spans.data(), look.count}, look.size, chunked);
    if (chunked && look.last) {
      trailers = p.entry.body()->trailers();
      gather.add_end(trailers);
    }
    deadline.restart(stall);
    if (gather.size() > 0) {
      if (const auto sent = co_await p.connection.client.writev(gather.spans()); !sent) co_return sent.error().code;
    }
    step.status = p.status;
    step.traffic.out += gather.size();
    p.reader.used(look.size);
    if (look.last) co_return std::nullopt;
  }
}

io::Task<void> watch(const Passing& p, io::TaskGroup& both, std::optional<Errc>& left) {
  const auto failed = co_await watch_client(p.connection.client, p.workspace.client);
  if (!failed || *failed == Errc::stopped) co_return;
  left = *failed;
  both.stop();
}

io::Task<void> write_beside(const Passing& p, io::Deadline& deadline, Step& step, io::TaskGroup& both,
                            std::optional<Errc>& failed, bool& done) {
  failed = co_await write_all(p, deadline, step);
  done = !failed;
  both.stop();
}

/// While content still arrives the client may leave without a write that would notice.
io::Task<std::optional<Errc>> write_and_watch(const Passing& p, io::Deadline& deadline, Step& step) {
  std::optional<Errc> failed, left;
  bool done = false;
  io::TaskGroup both(p.connection.services.loop);
  both.spawn(write_beside(p, deadline, step, both, failed, done));
  if (!both.stopped()) both.spawn(watch(p, both, left));
  co_await both.join();
  if (done) co_return std::nullopt;
  co_return left ? left : failed;
}

/// Without content: the head is all.
io::Task<Step> tell_head(Connection& c, Workspace& w, const Ask& ask, int status, bool close) {
  io::Deadline deadline(c.services.loop.wheel(), c.client, stall);
  const auto sent = co_await c.client.write(as_bytes(w.response_head));
  Step step{.status = status, .traffic = {.in = ask.head_size, .out = w.response_head.size()}};
  if (close) step.parting = Parting::drain;
  if (!sent) step = {.status = status, .reason = reason_of(sent.error().code), .parting = Parting::close};
  co_return step;
}

/// What the request's conditions and its Range make of the stored response.
cache::Telling telling_of(const http::Fields& request, const cache::Entry& entry, WallTime now) {
  cache::Telling telling{.age = entry.facts().age_at(now)};
  const bool whole = entry.body()->whole();
  if (whole) telling.size = entry.body()->size();
  // RFC 9110 §13.2.1: conditions are for what would have been a 2xx.
  const int status = entry.head().status();
  if (status < 200 || status > 299) return telling;
  const http::Validators validators = entry.head().validators();
  if (http::not_modified(request, validators, entry.facts().date, now)) {
    telling.as = As::not_modified;
  } else if (whole && status == 200) {
    const http::Part part = http::part_of(request, validators, *telling.size, now);
    if (part.kind == http::Part::Kind::slice) telling.as = As::part;
    if (part.kind == http::Part::Kind::unsatisfiable) telling.as = As::unsatisfiable;
    telling.slice = part.slice;
  }
  return telling;
}

int status_of(const cache::Telling& telling, const cache::Entry& entry) {
  switch (telling.as) {
    case As::not_modified: return 304;
    case As::part: return 206;
    case As::unsatisfiable: return 416;
    case As::stored: return entry.head().status();
  }
  return 0;
}

/// How content of unknown length, or with trailers, ends for this client.
Kind framing_of(const cache::Telling& telling, const cache::Entry& entry, const Ask& ask) {
  if (telling.as == As::part) return Kind::length;
  const bool known = telling.size || entry.head().has_length();
  if (known && entry.body()->trailers().empty()) return Kind::length;
  return ask.version == http::Version::http10 ? Kind::until_close : Kind::chunked;
}

}  // namespace

io::Task<Step> pass_on(const Passing& p) {
  Connection& c = p.connection;
  p.workspace.inside.stop(std::chrono::steady_clock::now());
  io::Deadline deadline(c.services.loop.wheel(), c.client, stall);
  Step step{.traffic = {.in = p.ask.head_size}};
  std::optional<Errc> failed;
  if (p.entry.body()->whole())
    failed = co_await write_all(p, deadline, step);
  else
    failed = co_await write_and_watch(p, deadline, step);
  p.entry.delivered(step.traffic.out);
  if (failed) {
    const account::Traffic moved = step.traffic;
    step = co_await give_up(
        c, {.failed = *failed, .answered = moved.out > 0, .status = step.status, .head = p.ask.asked.head});
    step.traffic.in += moved.in;
    step.traffic.out += moved.out;
  } else if (p.close) {
    step.parting = Parting::drain;
  }
  co_return step;
}

io::Task<Step> tell_stored(Connection& c, Workspace& w, const Ask& ask, const std::shared_ptr<cache::Entry>& entry,
                           CacheResult result) {
  cache::Telling telling = telling_of(w.request.fields, *entry, std::chrono::system_clock::now());
  const bool bodiless = ask.asked.head || telling.as == As::not_modified || telling.as == As::unsatisfiable ||
                        entry->head().status() == 204;
  const Kind framing = bodiless ? Kind::none : framing_of(telling, *entry, ask);
  telling.chunked = framing == Kind::chunked;
  telling.close = !ask.persistent || framing == Kind::until_close;
  telling.keep_alive = ask.version == http::Version::http10 && !telling.close;
  if (telling.chunked || framing == Kind::until_close) telling.size.reset();
  w.response_head.clear();
  entry->head().tell(telling, w.response_head);
  const int status = status_of(telling, *entry);
  if (w.wants_type) w.note_type(entry->head().decoded());

  Step step;
  if (bodiless) {
    step = co_await tell_head(c, w, ask, status, telling.close);
    entry->delivered(step.traffic.out);
  } else {
    const bool part = telling.as == As::part;
    cache::Reader reader(entry->body(), c.services.loop, part ? telling.slice.first : 0,
                         part ? std::optional(telling.slice.length) : std::nullopt);
    const Passing passing{.connection = c,
                          .workspace = w,
                          .ask = ask,
                          .entry = *entry,
                          .reader = reader,
                          .framing = framing,
                          .status = status,
                          .close = telling.close};
    step = co_await pass_on(passing);
  }
  step.cache = result;
  co_return step;
}

}  // namespace weir::engine
