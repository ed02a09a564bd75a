#include "io/deadline.h"

#include "io/tcp.h"

namespace weir::io {

Deadline::Deadline(Wheel& wheel, Tcp& stream, Duration after) : wheel_(wheel) {
  stream.source_->cover(links_[0]);
  restart(after);
}

Deadline::Deadline(Wheel& wheel, Tcp& a, Tcp& b, Duration after) : wheel_(wheel) {
  a.source_->cover(links_[0]);
  b.source_->cover(links_[1]);
  restart(after);
}

Deadline::~Deadline() {
  for (DeadlineLink& link : links_) {
    if (link.source != nullptr) link.source->uncover(link);
  }
}

void Deadline::restart(Duration after) {
  for (DeadlineLink& link : links_) link.expired = false;
  if (after == Duration::zero()) return wheel_.remove(*this);
  due_ = wheel_.now() + after;
  if (armed() && armed_for_ <= due_) return;
  armed_for_ = due_;
  wheel_.add(*this, after);
}

void Deadline::fire() {
  if (const Duration left = due_ - wheel_.now(); left > Duration::zero()) {
    armed_for_ = due_;
    return wheel_.add(*this, left);
  }
  for (DeadlineLink& link : links_) {
    link.expired = true;
    if (link.source != nullptr) link.source->cancel(Errc::timed_out);
  }
}

}  // namespace weir::io
