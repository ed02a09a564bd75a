"""One thread of a program that stands still, as a bug or a disk would have it."""
import contextlib
import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)
_SEIZE, _INTERRUPT, _DETACH = 0x4206, 0x4207, 17


def thread_of(pid, name):
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/comm", encoding="ascii") as file:
            if file.read().strip() == name:
                return int(task)
    raise AssertionError(f"no thread {name}")


def ptrace(request, thread):
    if _libc.ptrace(request, thread, 0, 0):
        raise OSError(ctypes.get_errno(), f"ptrace({request})")


@contextlib.contextmanager
def hung(thread):
    """Stops this one thread, and no other of its process."""
    ptrace(_SEIZE, thread)
    ptrace(_INTERRUPT, thread)
    os.waitpid(thread, 0x40000000)   # __WALL
    try:
        yield
    finally:
        ptrace(_DETACH, thread)
