// Apart from tcp.cpp: the kernel's header knows the newer fields, and does not go with the one of the C library.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "io/tcp.h"

namespace weir::io {

Path Tcp::path() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return {};
  Path path;
  if (info.tcpi_min_rtt != ~0U) path.least_rtt = std::chrono::microseconds(info.tcpi_min_rtt);
  path.sent = source().news_of_sent(info.tcpi_data_segs_out);
  path.again = source().news_of_again(info.tcpi_total_retrans);
  path.sent = std::max(path.sent, path.again);  // a SYN that was sent again has no data
  return path;
}

}  // namespace weir::io
