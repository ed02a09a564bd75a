#include "io/event.h"

#include <cstdlib>
#include <utility>

namespace weir::io {

Event::~Event() {
  if (waiting_ != nullptr) std::abort();
}

void Event::set() {
  set_ = true;
  while (Waiting* waiting = waiting_) {
    waiting->withdraw();
    waiting->wake();
  }
}

bool Event::Waiting::begin() {
  if (event_.set_) return true;
  later_ = std::exchange(event_.waiting_, this);
  if (later_ != nullptr) later_->earlier_ = this;
  return false;
}

void Event::Waiting::withdraw() {
  (earlier_ != nullptr ? earlier_->later_ : event_.waiting_) = later_;
  if (later_ != nullptr) later_->earlier_ = earlier_;
}

Result<void> Event::Waiting::await_resume() const {
  if (error()) return std::unexpected(*error());
  return {};
}

}  // namespace weir::io
