#include "control/socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace weir::control {

namespace {

constexpr int backlog = 16;

Fd stream() { return Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)); }

/// `path` fits.
sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

/// Whether somebody listens there.  A full backlog counts: somebody is too busy to answer.
bool answers(const sockaddr_un& address) {
  Fd probe = stream();
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN;
}

}  // namespace

Result<Fd> listen_at(const Endpoint& place) {
  sockaddr_storage address;
  const socklen_t length = place.to(address);
  Fd socket(::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0 ||
      ::listen(socket.get(), backlog) != 0) {
    return fail_errno();
  }
  return socket;
}

Result<Socket> Socket::listen(const std::string& path) {
  if (path.empty() || path.size() >= sizeof sockaddr_un::sun_path) {
    return fail(Errc::system, std::make_error_code(std::errc::filename_too_long));
  }
  const sockaddr_un address = address_of(path);

  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0) {
    // Something else stands there by mistake: it is not ours to remove.
    if (!S_ISSOCK(there.st_mode)) return fail(Errc::system, std::make_error_code(std::errc::file_exists));
    if (answers(address)) return fail(Errc::too_many, std::make_error_code(std::errc::address_in_use));
    if (::unlink(path.c_str()) != 0) return fail_errno();
  } else if (auto slash = path.rfind('/'); slash != std::string::npos && slash > 0) {
    ::mkdir(path.substr(0, slash).c_str(), 0755);  // /run/weir on the first start; if it fails, bind says why
  }

  Fd socket = stream();
  if (!socket) return fail_errno();
  // Before bind, so that there is no moment at which others could connect: the file takes this mode, less the umask.
  if (::fchmod(socket.get(), 0660) != 0) return fail_errno();
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return fail_errno();
  if (::chmod(path.c_str(), 0660) != 0 || ::lstat(path.c_str(), &there) != 0) return fail_errno();
  Socket made(path, std::move(socket), there.st_ino);
  if (::listen(made.fd(), backlog) != 0) return fail_errno();
  return made;
}

bool Socket::is_alive(const std::string& path) {
  return !path.empty() && path.size() < sizeof sockaddr_un::sun_path && answers(address_of(path));
}

Socket::Socket(Socket&& other) noexcept
    : path_(std::exchange(other.path_, {})), fd_(std::move(other.fd_)), inode_(other.inode_) {}

Socket::~Socket() {
  fd_.reset();
  struct stat there {};
  if (path_.empty() || ::lstat(path_.c_str(), &there) != 0 || there.st_ino != inode_) return;
  // A file system gives a freed inode number out again: whoever answers there now is another daemon.
  if (!answers(address_of(path_))) ::unlink(path_.c_str());
}

}  // namespace weir::control
