// Network namespaces that a test makes for itself: nothing here touches the machine that runs it.  Needs root.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

#include "base/fd.h"

namespace weir::steer {

/// Another host: a namespace of its own, alive as long as this object.
class Host {
 public:
  Host();
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  /// Runs `what` inside; sockets made there stay there.
  void in(const std::function<void()>& what) const;
  /// As `ip link set DEV netns` wants it.
  std::string pid() const { return std::to_string(holder_); }

 private:
  pid_t holder_ = -1;
  Fd namespace_;
};

/// Puts the calling thread into a fresh namespace with `lo` up, and leaves its mounts alone.
void enter_fresh_namespace();

/// Runs a shell command and fails the test when it fails.
void sh(const std::string& command);
/// What a shell command prints.
std::string output(const std::string& command);

/// Client, gateway (the calling thread's namespace) and origin:
///   10.71.0.2, fd71::2  c0 --- lan0  gateway  wan0 --- o0  10.72.0.2, fd72::2
/// Forwarding is on, and each end has its default route through the gateway.
class Lab {
 public:
  Lab();
  Host client, origin;
};

}  // namespace weir::steer
