"""Attacks by machine code, which Python's audit hook does not see: through the C library, or by number past it."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import socket
import struct
from pathlib import Path

from attacks import SECRET, Scene, attack

LIBC = ctypes.CDLL(None, use_errno=True)
IS_X86 = platform.machine() == "x86_64"
# x86-64, and where it differs aarch64; from 424 on they are the same.
NUMBERS = {
    "add_key": (248, 217), "bpf": (321, 280), "clone": (56, 220), "clone3": (435, 435), "execveat": (322, 281),
    "io_uring_setup": (425, 425), "keyctl": (250, 219), "kcmp": (312, 272), "openat2": (437, 437),
    "perf_event_open": (298, 241), "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424),
    "rt_tgsigqueueinfo": (297, 240), "tgkill": (234, 131), "userfaultfd": (323, 282),
}  # fmt: skip
AT_FDCWD = -100


def native(function: str, *arguments: object) -> int:
    """What a function of the C library gives. Raises OSError as its caller would see it."""
    found = getattr(LIBC, function)
    found.restype = ctypes.c_long
    result = found(*(ctypes.c_long(one) if isinstance(one, int) else one for one in arguments))
    # Some give an int, the rest of the register being what it was.
    if result in (-1, 0xFFFFFFFF):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def raw(call: str, *arguments: object) -> int:
    return native("syscall", NUMBERS[call][not IS_X86], *arguments)


def internet(port: int) -> bytes:
    return struct.pack("=H", socket.AF_INET) + struct.pack(">H", port) + socket.inet_aton("127.0.0.1") + bytes(8)


def local(name: str) -> bytes:
    return struct.pack("=H", socket.AF_UNIX) + name.encode()


def connected(family: int, kind: int, address: bytes) -> None:
    native("connect", native("socket", family, kind, 0), address, len(address))


def path(scene: Scene, name: str) -> bytes:
    return f"{scene.folder}/{name}".encode()


# The network


@attack("landlock", "seccomp")
def native_tcp_connect(scene: Scene) -> None:
    connected(socket.AF_INET, socket.SOCK_STREAM, internet(scene.tcp))


@attack("landlock", "seccomp")
def native_tcp_bind(scene: Scene) -> None:
    descriptor = native("socket", socket.AF_INET, socket.SOCK_STREAM, 0)
    native("bind", descriptor, internet(0), 16)
    native("listen", descriptor, 1)


@attack("seccomp")
def native_udp_sendto(scene: Scene) -> None:
    descriptor = native("socket", socket.AF_INET, socket.SOCK_DGRAM, 0)
    native("sendto", descriptor, b"x", 1, 0, internet(scene.udp), 16)


@attack("seccomp")
def native_unix_connect(scene: Scene) -> None:
    connected(socket.AF_UNIX, socket.SOCK_STREAM, local(scene.unix) + b"\0")


@attack("landlock", "seccomp")
def native_abstract_unix_connect(scene: Scene) -> None:
    connected(socket.AF_UNIX, socket.SOCK_STREAM, local(scene.abstract))


@attack("seccomp")
def native_netlink(scene: Scene) -> None:
    native("socket", socket.AF_NETLINK, socket.SOCK_RAW, 0)


@attack("landlock")
def native_getaddrinfo(scene: Scene) -> None:
    found = ctypes.c_void_p()
    if code := LIBC.getaddrinfo(b"localhost", b"80", None, ctypes.byref(found)):
        raise PermissionError(f"getaddrinfo gave {code}")


# Files


@attack("landlock", "seccomp")
def native_open_for_writing(scene: Scene) -> None:
    native("open", path(scene, "file"), os.O_WRONLY)


@attack("landlock", "seccomp")
def native_open_for_reading_and_writing(scene: Scene) -> None:
    native("open", path(scene, "file"), os.O_RDWR)


@attack("landlock", "seccomp")
def native_create(scene: Scene) -> None:
    native("open", path(scene, "new"), os.O_RDONLY | os.O_CREAT, 0o600)


@attack("landlock", "seccomp")
def native_empty(scene: Scene) -> None:
    native("open", path(scene, "file"), os.O_RDONLY | os.O_TRUNC)


@attack("landlock", "seccomp", open_to_all=False)
def native_nameless_file(scene: Scene) -> None:
    native("open", scene.folder.encode(), os.O_TMPFILE | os.O_RDWR, 0o600)


@attack("landlock", "seccomp")
def native_openat2(scene: Scene) -> None:
    raw("openat2", AT_FDCWD, path(scene, "new"), struct.pack("=QQQ", os.O_WRONLY | os.O_CREAT, 0o600, 0), 24)


@attack("landlock", "seccomp")
def native_mkdir(scene: Scene) -> None:
    native("mkdir", path(scene, "new"), 0o700)


@attack("landlock", "seccomp")
def native_symlink(scene: Scene) -> None:
    native("symlink", b"file", path(scene, "new"))


@attack("landlock", "seccomp")
def native_link(scene: Scene) -> None:
    native("link", path(scene, "file"), path(scene, "new"))


@attack("landlock", "seccomp")
def native_rename(scene: Scene) -> None:
    native("rename", path(scene, "file"), path(scene, "new"))


@attack("landlock", "seccomp")
def native_unlink(scene: Scene) -> None:
    native("unlink", path(scene, "file"))


@attack("landlock", "seccomp")
def native_rmdir(scene: Scene) -> None:
    native("rmdir", path(scene, "folder"))


@attack("landlock", "seccomp")
def native_mkfifo(scene: Scene) -> None:
    native("mkfifo", path(scene, "new"), 0o600)


@attack("seccomp")
def native_chmod(scene: Scene) -> None:
    native("chmod", path(scene, "file"), 0o777)


@attack("seccomp")
def native_chown(scene: Scene) -> None:
    native("chown", path(scene, "file"), os.getuid(), os.getgid())


@attack("seccomp")
def native_utimensat(scene: Scene) -> None:
    native("utimensat", AT_FDCWD, path(scene, "file"), struct.pack("=4q", 1, 0, 1, 0), 0)


@attack("seccomp", open_to_all=False)
def native_setxattr(scene: Scene) -> None:
    native("setxattr", path(scene, "file"), b"user.x", b"x", 1, 0)


@attack("landlock", "seccomp")
def native_truncate(scene: Scene) -> None:
    native("truncate", path(scene, "file"), 0)


@attack("seccomp", open_to_all=False)
def native_chroot(scene: Scene) -> None:
    native("chroot", scene.folder.encode())


@attack("seccomp", "landlock", open_to_all=False)
def native_mount(scene: Scene) -> None:
    native("unshare", 0x00020000)  # CLONE_NEWNS: what is mounted is seen by this process alone
    native("mount", b"none", b"/", None, 0x44000, None)  # MS_REC, MS_PRIVATE
    native("mount", b"none", path(scene, "folder"), b"tmpfs", 0, None)


@attack("landlock")
def native_read_a_secret(scene: Scene) -> None:
    native("open", scene.secret.encode(), os.O_RDONLY)


@attack("user namespace", "landlock", open_to_all=False)
def native_environment_of_the_parent(scene: Scene) -> None:
    descriptor = native("open", f"/proc/{scene.victim}/environ".encode(), os.O_RDONLY)
    held = ctypes.create_string_buffer(100_000)
    native("read", descriptor, held, 100_000)
    assert SECRET.encode() in held.raw


# Processes


@attack("seccomp")
def native_clone(scene: Scene) -> None:
    if not (child := raw("clone", int(signal.SIGCHLD), 0, 0, 0, 0)):
        os._exit(0)
    native("waitpid", child, None, 0)


@attack("seccomp", open_to_all=False)
def native_clone3(scene: Scene) -> None:
    arguments = struct.pack("=8Q", 0, 0, 0, 0, int(signal.SIGCHLD), 0, 0, 0)
    if not (child := raw("clone3", arguments, len(arguments))):
        os._exit(0)
    native("waitpid", child, None, 0)


@attack("seccomp")
def native_system(scene: Scene) -> None:
    if status := LIBC.system(b"touch " + path(scene, "new")):
        raise PermissionError(f"system gave {status}")


@attack("landlock", "seccomp")
def native_execve(scene: Scene) -> None:
    native("execve", b"/bin/true", (ctypes.c_char_p * 2)(b"true", None), (ctypes.c_char_p * 1)(None))


@attack("seccomp")
def native_execute_from_memory(scene: Scene) -> None:
    descriptor = native("memfd_create", b"program", 0)
    os.write(descriptor, Path("/bin/true").read_bytes())
    arguments = (ctypes.c_char_p * 2)(b"true", None)
    raw("execveat", descriptor, b"", arguments, (ctypes.c_char_p * 1)(None), 0x1000)  # AT_EMPTY_PATH


@attack("landlock", "seccomp")
def native_kill(scene: Scene) -> None:
    native("kill", scene.victim, int(signal.SIGWINCH))


@attack("landlock", "seccomp")
def native_tgkill(scene: Scene) -> None:
    raw("tgkill", scene.victim, scene.victim, int(signal.SIGWINCH))


@attack("landlock", "seccomp")
def native_pidfd_send_signal(scene: Scene) -> None:
    raw("pidfd_send_signal", raw("pidfd_open", scene.victim, 0), int(signal.SIGWINCH), None, 0)


@attack("seccomp")
def native_signal_by_descriptor(scene: Scene) -> None:
    ends = (ctypes.c_int * 2)()
    native("pipe", ends)
    native("fcntl", ends[0], 8, scene.victim)  # F_SETOWN
    native("fcntl", ends[0], 10, int(signal.SIGWINCH))  # F_SETSIG


@attack("user namespace", "landlock", "seccomp", open_to_all=False)
def native_ptrace(scene: Scene) -> None:
    native("ptrace", 0x4206, scene.victim, 0, 0)  # PTRACE_SEIZE


@attack("user namespace", "landlock", "seccomp", open_to_all=False)
def native_process_vm_readv(scene: Scene) -> None:
    held = ctypes.create_string_buffer(len(SECRET))
    here = struct.pack("=QQ", ctypes.addressof(held), len(SECRET))
    there = struct.pack("=QQ", scene.address, len(SECRET))
    native("process_vm_readv", scene.victim, here, 1, there, 1, 0)
    assert held.raw.decode() == SECRET


@attack("user namespace", "landlock", "seccomp", open_to_all=False)
def native_process_vm_writev(scene: Scene) -> None:
    same = ctypes.create_string_buffer(SECRET.encode())
    here = struct.pack("=QQ", ctypes.addressof(same), len(SECRET))
    there = struct.pack("=QQ", scene.address, len(SECRET))
    native("process_vm_writev", scene.victim, here, 1, there, 1, 0)


@attack("seccomp")
def native_prlimit(scene: Scene) -> None:
    native("prlimit", scene.victim, 4, None, ctypes.create_string_buffer(16))  # RLIMIT_CORE


@attack("seccomp")
def native_setpriority(scene: Scene) -> None:
    native("setpriority", 0, scene.victim, os.getpriority(os.PRIO_PROCESS, scene.victim))


@attack("seccomp")
def native_sched_setaffinity(scene: Scene) -> None:
    held = ctypes.create_string_buffer(128)
    native("sched_getaffinity", scene.victim, 128, held)
    native("sched_setaffinity", scene.victim, 128, held)


@attack("seccomp", open_to_all=False)
def native_kcmp(scene: Scene) -> None:
    raw("kcmp", os.getpid(), scene.victim, 1, 0, 0)


# Ways around


@attack("seccomp", open_to_all=False)
def native_io_uring(scene: Scene) -> None:
    raw("io_uring_setup", 1, ctypes.create_string_buffer(120))


@attack("seccomp", open_to_all=False)
def native_keyctl(scene: Scene) -> None:
    raw("keyctl", 0, -3, 0)  # KEYCTL_GET_KEYRING_ID, the session's


@attack("seccomp", open_to_all=False)
def native_add_key(scene: Scene) -> None:
    raw("add_key", b"user", b"name", b"value", 5, -2)  # the process's keyring


@attack("seccomp")
def native_memfd_create(scene: Scene) -> None:
    native("memfd_create", b"name", 0)


@attack("seccomp", open_to_all=False)
def native_system_v_shared_memory(scene: Scene) -> None:
    native("shmctl", native("shmget", 0, 4096, 0o1600), 0, None)  # IPC_PRIVATE, IPC_CREAT; IPC_RMID


@attack("landlock", "seccomp", open_to_all=False)
def native_posix_shared_memory(scene: Scene) -> None:
    name = f"/dateline-{os.getpid()}".encode()
    native("shm_open", name, os.O_RDWR | os.O_CREAT, 0o600)
    native("shm_unlink", name)


@attack("seccomp", open_to_all=False)
def native_perf_event_open(scene: Scene) -> None:
    raw("perf_event_open", struct.pack("=IIQ", 1, 128, 0) + bytes(112), 0, -1, -1, 0)


@attack("seccomp", open_to_all=False)
def native_bpf(scene: Scene) -> None:
    raw("bpf", 0, struct.pack("=IIIII", 2, 4, 4, 1, 0) + bytes(100), 120)  # BPF_MAP_CREATE, an array


@attack("seccomp", open_to_all=False)
def native_userfaultfd(scene: Scene) -> None:
    raw("userfaultfd", 1)  # UFFD_USER_MODE_ONLY


@attack("seccomp", open_to_all=False)
def native_new_user_namespace(scene: Scene) -> None:
    native("unshare", 0x10000000)


@attack("seccomp")
def native_inotify(scene: Scene) -> None:
    native("inotify_add_watch", native("inotify_init1", 0), scene.folder.encode(), 0xFFF)
