// The control socket in the file system.  A daemon that was killed leaves its file behind: that one is replaced.  A
// daemon that lives answers: then this one must not start.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/addr.h"
#include "base/fd.h"
#include "base/result.h"

namespace weir::control {

/// A listening TCP socket.  Errors: system.
Result<Fd> listen_at(const Endpoint& place);

/// A listening unix socket and its file, which goes with it.
class Socket {
 public:
  /// Only the owner and the group may connect (mode 0660); the folder is made if it is missing.
  /// Errors: too_many (another daemon answers there), system (its cause says why).
  static Result<Socket> listen(const std::string& path);
  /// Whether somebody listens there now.
  static bool is_alive(const std::string& path);
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&&) = delete;
  /// Removes the file if it is still this one's.  Whoever took the descriptor has closed it by then.
  ~Socket();

  int fd() const { return fd_.get(); }
  /// Hands the descriptor over; the file stays this object's.
  Fd take() { return std::move(fd_); }

 private:
  Socket(std::string path, Fd fd, ino_t inode) : path_(std::move(path)), fd_(std::move(fd)), inode_(inode) {}

  std::string path_;
  Fd fd_;
  ino_t inode_;
};

}  // namespace weir::control
