// Event: a flag that tasks of one loop wait for.
#pragma once

#include "base/result.h"
#include "io/wait.h"

namespace weir::io {

class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event();  ///< nobody may be waiting

  /// Wakes everyone who waits; who comes later does not wait, until clear().
  void set();
  void clear() { set_ = false; }
  bool is_set() const { return set_; }

  class [[nodiscard]] Waiting : public Wait {
   public:
    explicit Waiting(Event& event) : event_(event) {}
    Result<void> await_resume() const;

   private:
    friend class Event;
    bool begin() override;
    void withdraw() override;

    Event& event_;
    Waiting* later_ = nullptr;
    Waiting* earlier_ = nullptr;
  };
  /// Success once the event is set (it may have been cleared again since), or Errc::stopped.
  Waiting wait() { return Waiting(*this); }

 private:
  bool set_ = false;
  Waiting* waiting_ = nullptr;
};

}  // namespace weir::io
