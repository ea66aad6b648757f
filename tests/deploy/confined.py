"""Runs a program under the filter of system calls that a systemd unit asks for: `confined.py UNIT PROGRAM...`.

For machines where systemd does not run, but its tool and the library that it filters by are there.
"""

import ctypes
import errno
import os
import re
import subprocess
import sys
from pathlib import Path

ALLOWED = 0x7FFF0000
REFUSED = 0x00050000 | errno.EPERM
NO_NEW_PRIVILEGES = 38
LIBRARY = "libseccomp.so.2"


def named(group: str) -> set[str]:
    """The system calls of a group such as `@resources`; those of the groups in it, too."""
    if not group.startswith("@"):
        return {group}
    told = subprocess.run(["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True)
    words = [line.strip() for line in told.stdout.splitlines()[1:]]
    return {call for word in words if word and not word.startswith("#") for call in named(word)}


def allowed(unit: str) -> set[str]:
    """What the unit's lines leave, taken in their order: the first says what may be, later ones take away or add."""
    calls = named("@default")
    for without, words in re.findall(r"^SystemCallFilter=(~?)(.*)$", unit, re.MULTILINE):
        told = {call for word in words.split() for call in named(word)}
        calls = calls - told if without else calls | told
    return calls


def confine(calls: set[str]) -> None:
    """From now on this process, and whatever it becomes or starts, may make these calls and no others."""
    library, system = ctypes.CDLL(LIBRARY), ctypes.CDLL(None)
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = [ctypes.c_uint32]
    library.seccomp_rule_add.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint]
    library.seccomp_load.argtypes = [ctypes.c_void_p]
    made = library.seccomp_init(REFUSED)
    for call in calls:
        number = library.seccomp_syscall_resolve_name(call.encode())
        if number >= 0 and library.seccomp_rule_add(made, ALLOWED, number, 0):
            raise OSError(f"{call} cannot be allowed")
    if system.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) or library.seccomp_load(made):
        raise OSError("the filter was not taken")


if __name__ == "__main__":
    confine(allowed(Path(sys.argv[1]).read_text(encoding="utf-8")))
    os.execvp(sys.argv[2], sys.argv[2:])
