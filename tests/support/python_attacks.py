"""Attacks by Python's own functions, which its audit hook sees but for two."""

from __future__ import annotations

import os
import resource
import signal
import socket
import sqlite3
import subprocess
from pathlib import Path

from attacks import SECRET, Scene, attack


@attack("audit", "seccomp")
def tcp_connect(scene: Scene) -> None:
    socket.create_connection(("127.0.0.1", scene.tcp), timeout=10).close()


@attack("audit", "seccomp")
def udp_sendto(scene: Scene) -> None:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", scene.udp))


@attack("audit", "seccomp")
def udp_sendmsg(scene: Scene) -> None:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendmsg([b"x"], [], 0, ("127.0.0.1", scene.udp))


@attack("audit", "seccomp")
def unix_connect(scene: Scene) -> None:
    socket.socket(socket.AF_UNIX).connect(scene.unix)


@attack("audit", "seccomp")
def bind(scene: Scene) -> None:
    socket.create_server(("127.0.0.1", 0)).close()


@attack("audit", "landlock")
def getaddrinfo(scene: Scene) -> None:
    socket.getaddrinfo("localhost", 80)


@attack("audit", "landlock")
def gethostbyname(scene: Scene) -> None:
    socket.gethostbyname("localhost")


@attack("audit", "landlock", open_to_all=False)
def gethostbyaddr(scene: Scene) -> None:
    socket.gethostbyaddr("127.0.0.1")


@attack("audit", "landlock", "seccomp")
def open_for_writing(scene: Scene) -> None:
    Path(scene.folder, "file").open("w").close()


@attack("audit", "landlock", "seccomp")
def create(scene: Scene) -> None:
    Path(scene.folder, "new").open("x").close()


@attack("audit", "landlock", "seccomp")
def database(scene: Scene) -> None:
    try:
        sqlite3.connect(Path(scene.folder, "new.sqlite")).execute("CREATE TABLE t (x)")
    except sqlite3.OperationalError as error:
        raise PermissionError(str(error)) from error


@attack("audit", "landlock", "seccomp")
def mkdir(scene: Scene) -> None:
    Path(scene.folder, "new").mkdir()


@attack("audit", "landlock", "seccomp")
def symlink(scene: Scene) -> None:
    Path(scene.folder, "new").symlink_to("file")


@attack("audit", "landlock", "seccomp")
def link(scene: Scene) -> None:
    os.link(f"{scene.folder}/file", f"{scene.folder}/new")


@attack("audit", "landlock", "seccomp")
def rename(scene: Scene) -> None:
    Path(scene.folder, "file").rename(f"{scene.folder}/new")


@attack("audit", "landlock", "seccomp")
def unlink(scene: Scene) -> None:
    Path(scene.folder, "file").unlink()


@attack("audit", "landlock", "seccomp")
def rmdir(scene: Scene) -> None:
    Path(scene.folder, "folder").rmdir()


@attack("landlock", "seccomp")
def mkfifo(scene: Scene) -> None:
    os.mkfifo(f"{scene.folder}/new")


@attack("landlock", "seccomp", open_to_all=False)
def mknod_device(scene: Scene) -> None:
    os.mknod(f"{scene.folder}/new", 0o020600, os.makedev(1, 3))


@attack("audit", "seccomp")
def chmod(scene: Scene) -> None:
    Path(scene.folder, "file").chmod(0o777)


@attack("audit", "seccomp")
def chown(scene: Scene) -> None:
    os.chown(f"{scene.folder}/file", os.getuid(), os.getgid())


@attack("audit", "seccomp")
def utime(scene: Scene) -> None:
    os.utime(f"{scene.folder}/file", (1, 1))


@attack("audit", "seccomp", open_to_all=False)
def setxattr(scene: Scene) -> None:
    os.setxattr(f"{scene.folder}/file", "user.x", b"x")


@attack("audit", "landlock", "seccomp")
def truncate(scene: Scene) -> None:
    os.truncate(f"{scene.folder}/file", 0)


@attack("audit", "seccomp")
def fork(scene: Scene) -> None:
    if not (child := os.fork()):
        os._exit(0)
    os.waitpid(child, 0)


@attack("audit", "landlock", "seccomp")
def execv(scene: Scene) -> None:
    os.execv("/bin/true", ["true"])


@attack("audit", "seccomp")
def system(scene: Scene) -> None:
    if os.system(f"touch {scene.folder}/new") != 0:
        raise PermissionError("no command was run")


@attack("audit", "seccomp")
def posix_spawn(scene: Scene) -> None:
    os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)


@attack("audit", "seccomp")
def run_a_program(scene: Scene) -> None:
    subprocess.run(["/bin/true"], check=True)


@attack("audit", "seccomp")
def kill_the_parent(scene: Scene) -> None:
    # A signal that does nothing to it, if it is let through.
    os.kill(scene.victim, signal.SIGWINCH)


@attack("audit", "seccomp")
def prlimit_the_parent(scene: Scene) -> None:
    resource.prlimit(scene.victim, resource.RLIMIT_CORE, resource.prlimit(scene.victim, resource.RLIMIT_CORE))


@attack("user namespace", "landlock", open_to_all=False)
def environment_of_the_parent(scene: Scene) -> None:
    assert SECRET in Path(f"/proc/{scene.victim}/environ").read_text()


@attack("user namespace", "landlock", open_to_all=False)
def memory_of_the_parent(scene: Scene) -> None:
    with Path(f"/proc/{scene.victim}/mem").open("rb", buffering=0) as memory:
        memory.seek(scene.address)
        assert memory.read(len(SECRET)).decode() == SECRET


@attack("landlock", open_to_all=False)
def descriptors_of_the_parent(scene: Scene) -> None:
    assert len(list(Path(f"/proc/{scene.victim}/fd").iterdir())) > 2


@attack("landlock")
def read_a_secret(scene: Scene) -> None:
    assert Path(scene.secret).read_text() == SECRET


@attack("landlock")
def list_a_folder(scene: Scene) -> None:
    assert Path(scene.secret) in Path(scene.secret).parent.iterdir()


@attack("landlock")
def read_etc_passwd(scene: Scene) -> None:
    Path("/etc/passwd").read_bytes()
