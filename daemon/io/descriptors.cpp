#include "io/descriptors.h"

#include <sys/epoll.h>

#include <cerrno>

#include "io/deadline.h"
#include "io/loop.h"

namespace weir::io {

Result<Descriptors> Descriptors::make(Loop& loop) {
  Fd set(::epoll_create1(EPOLL_CLOEXEC));
  if (!set) return fail_errno();
  Result<Tcp> watched = Tcp::adopt(loop, std::move(set));
  if (!watched) return std::unexpected(watched.error());
  return Descriptors(std::move(*watched));
}

Result<void> Descriptors::want(int fd, bool in, bool out) {
  if (!set_) return {};
  epoll_event event{.events = (in ? EPOLLIN : 0U) | (out ? EPOLLOUT : 0U), .data = {.fd = fd}};
  if (event.events == 0) {
    if (::epoll_ctl(set_.fd(), EPOLL_CTL_DEL, fd, nullptr) == 0 || errno == ENOENT) return {};
    return fail_errno();
  }
  if (::epoll_ctl(set_.fd(), EPOLL_CTL_MOD, fd, &event) == 0) return {};
  if (errno == ENOENT && ::epoll_ctl(set_.fd(), EPOLL_CTL_ADD, fd, &event) == 0) return {};
  return fail_errno();
}

Task<Result<std::span<const Descriptors::Ready>>> Descriptors::ready(Duration limit) {
  if (!set_) co_return fail(Errc::stopped);
  Deadline deadline(set_.loop().wheel(), set_, limit);
  for (;;) {
    const auto waited = co_await set_.readable();
    if (!set_) co_return fail(Errc::stopped);
    if (!waited) co_return std::unexpected(waited.error());
    epoll_event events[std::tuple_size_v<decltype(ready_)>];
    const int count = ::epoll_wait(set_.fd(), events, std::size(events), 0);
    for (int i = 0; i < count; ++i) {
      const bool broken = (events[i].events & (EPOLLERR | EPOLLHUP)) != 0;
      ready_[static_cast<std::size_t>(i)] = {.fd = events[i].data.fd,
                                             .in = broken || (events[i].events & EPOLLIN) != 0,
                                             .out = broken || (events[i].events & EPOLLOUT) != 0};
    }
    if (count > 0) co_return std::span<const Ready>(ready_.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace weir::io
