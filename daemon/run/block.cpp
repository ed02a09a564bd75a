#include "run/block.h"

#include <array>

namespace weir::run {

io::Task<void> alert(io::Tcp client, io::Wheel& wheel, Alert description) {
  // TLSPlaintext (RFC 8446 §5.1): type alert, legacy version 1.2, two bytes: level fatal, description.
  const std::array record{std::byte{21},
                          std::byte{3},
                          std::byte{3},
                          std::byte{0},
                          std::byte{2},
                          std::byte{2},
                          static_cast<std::byte>(description)};
  co_await client.write(record);  // a client that is gone cannot be told, and need not be
  co_await io::drain_and_close(std::move(client), wheel, std::chrono::seconds(2), 256 * 1024);
}

}  // namespace weir::run
