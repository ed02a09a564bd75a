#include "io/task.h"

#include <new>

namespace weir::io::detail {

void* take_frame(std::size_t bytes) { return ::operator new(bytes); }
void give_frame(void* frame, std::size_t bytes) noexcept { ::operator delete(frame, bytes); }

}  // namespace weir::io::detail
