"""Whoever takes a parser over gains nothing: each thing that he may try is refused, as root and as anybody else."""

from __future__ import annotations

import ctypes
import errno
import functools
import json
import os
import platform
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from attacks import SECRET
from taken_over import ATTACKS

from index.containment import LAYERS, REFUSED, Containment
from index.containment.seccomp import ARCHITECTURES, NEWEST, conditions, program
from index.errors import ParserFailed
from index.loaders.base import Content
from index.loaders.sandbox.sandbox import Sandbox

SUPPORT = Path(__file__).parent / "support"
ROOT = Path(__file__).parent.parent
IS_LINUX = sys.platform == "linux"
USERS = ("the user", "nobody") if os.geteuid() == 0 else ("the user",)
NOBODY = 65534
on_linux = pytest.mark.skipif(not IS_LINUX, reason=f"{sys.platform} has no such layers")


def python_of(user: str) -> list[str]:
    """An interpreter that the user may start, and that finds this project."""
    for path in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        command = [path, "-B", "-c", "import sys; sys.path[:0] = sys.argv[1:]; import taken_over", str(SUPPORT)]
        try:
            tried = subprocess.run([*command, str(ROOT)], **as_user(user), capture_output=True, text=True)
        except OSError as error:
            reason = str(error)
        else:
            if tried.returncode == 0:
                return [path, "-B"]
            reason = tried.stderr.strip().rpartition("\n")[2]
    return pytest.skip(f"{user} cannot start Python with this project here: {reason}")


def as_user(user: str) -> dict[str, Any]:
    held = {"cwd": "/", "env": {"SECRET": SECRET}}
    return held | ({"user": NOBODY, "group": NOBODY, "extra_groups": []} if user == "nobody" else {})


@functools.cache
def attacked(user: str) -> dict[str, Any]:
    """What came of all attacks on a process of the user's."""
    done = subprocess.run(
        [*python_of(user), str(SUPPORT / "taken_over.py")], **as_user(user), capture_output=True, text=True, timeout=250
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


@pytest.mark.parametrize("user", USERS)
def test_the_layers_that_the_kernel_should_have_are_in_force(user: str) -> None:
    """Whether user namespaces may be made is for a system's administrator to say, so that one is not required.

    A kernel can be built or started without the others; where this project is checked, it is not.
    """
    done = attacked(user)
    lacking = {layer: reason for layer, reason in done["missing"].items() if reason}
    assert done["missing"].keys() == set(LAYERS)
    assert done["user"] == (NOBODY if user == "nobody" else os.getuid())
    if not IS_LINUX:
        assert lacking.keys() == set(LAYERS)
        pytest.skip(f"{sys.platform} has none of them")
    lacking.pop("user namespace", None)
    if lacking and "CI" not in os.environ:
        pytest.skip(f"this kernel lacks {lacking}")
    assert not lacking


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("user", USERS)
def test_a_parser_that_is_taken_over_is_refused(user: str, name: str) -> None:
    done, attack = attacked(user), ATTACKS[name]
    if all(done["missing"].get(layer) for layer in attack.layers):
        pytest.skip(f"each of {sorted(attack.layers)} would refuse it, and none is here")
    assert done["found"]["sandbox"][name].startswith("refused: ")
    # Else it might be refused to everybody, and the row would say nothing.
    if attack.open_to_all:
        assert done["found"]["nothing"][name] == "done"


@pytest.mark.parametrize(
    ("name", "layer"), [(name, layer) for name in ATTACKS for layer in sorted(ATTACKS[name].layers)]
)
@pytest.mark.parametrize("user", USERS)
def test_each_layer_alone_refuses_what_it_is_there_for(user: str, name: str, layer: str) -> None:
    done = attacked(user)
    if reason := done["missing"].get(layer):
        pytest.skip(f"{layer} is not here: {reason}")
    assert done["found"][layer][name].startswith("refused: ")


INTO_32_BITS = textwrap.dedent("""
    import ctypes, mmap
    # mov eax, 2 (fork, for programs of 32 bits); int 0x80; ret
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(bytes.fromhex("b802000000cd80c3"))
    ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
""")


@pytest.mark.skipif(
    not IS_LINUX or platform.machine() != "x86_64", reason="only x86-64 has calls of 32 bits beside its own"
)
def test_calls_of_another_architecture_end_the_process() -> None:
    sandbox = Sandbox()
    with pytest.raises(ParserFailed, match=r"crashed \(signal (31, SIGSYS|11, SIGSEGV)\)"):
        sandbox.parse(Content("/a", INTO_32_BITS.encode()), {"runs": "taken_over:Runs"})
    sandbox.close()


def test_a_loader_may_lie_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_loader.py").write_text("from taken_over import Runs as Own")
    monkeypatch.syspath_prepend(tmp_path)
    sandbox = Sandbox()
    assert sandbox.parse(Content("/a", b"pass"), {"own": "own_loader:Own"}).documents[0].text == "done"
    sandbox.close()


def test_a_loader_that_cannot_be_imported_costs_the_files_that_come_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken_loader.py").write_text("raise RuntimeError('half installed')")
    monkeypatch.syspath_prepend(tmp_path)
    sandbox = Sandbox()
    loaders = {"runs": "taken_over:Runs", "broken": "broken_loader:Loader"}
    assert sandbox.parse(Content("/a", b"pass"), loaders).documents
    with pytest.raises(ParserFailed, match="its parser failed"):
        sandbox.parse(Content("/a", b"pass"), dict(reversed(loaders.items())))
    sandbox.close()


# A kernel that lacks a layer

LACKING = textwrap.dedent("""
    import errno, json, os, sys
    sys.path[:0] = [{root!r}]
    from index.containment import linux, seccomp
    from index.loaders import LOADERS
    from index.loaders.base import Content
    from index.loaders.sandbox.sandbox import Sandbox
    architecture = seccomp.ARCHITECTURES[os.uname().machine]
    linux.libc("prctl", 38, *map(linux.ctypes.c_ulong, (1, 0, 0, 0)))
    without = [(0x20, 0, 0, 0), (0x15, 0, 1, {number}), (0x06, 0, 0, 0x50000 | errno.ENOSYS), (0x06, 0, 0, 0x7FFF0000)]
    seccomp.install(architecture, without)
    sandbox = Sandbox()
    document, = sandbox.parse(Content("/a.txt", b"The pier was closed on Monday."), LOADERS).documents
    print(json.dumps([document.text, dict(sandbox.containment(LOADERS).missing)]))
    sandbox.close()
""")


@pytest.mark.skipif(
    platform.machine() not in ARCHITECTURES or not IS_LINUX, reason="there is no table for this machine"
)
@pytest.mark.parametrize(
    ("lost", "numbers", "let_through"),
    [
        ("user namespace", (272, 97), []),
        ("privileges", (126, 91), []),
        ("landlock", (444, 444), ["reading other files"]),
        ("seccomp", (317, 277), ["the network", "writing", "other processes"]),
    ],
)
def test_files_are_read_where_the_kernel_lacks_a_layer_and_what_then_does_not_hold_is_said(
    lost: str, numbers: tuple[int, int], let_through: list[str]
) -> None:
    number = numbers[platform.machine() != "x86_64"]
    script = LACKING.format(root=str(ROOT), number=number)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    text, missing = json.loads(done.stdout)
    assert text == "The pier was closed on Monday."
    before = {layer for layer, reason in attacked("the user")["missing"].items() if reason}
    assert {layer for layer, reason in missing.items() if reason} == before | {lost}
    assert missing[lost] == f"[Errno {errno.ENOSYS}] {os.strerror(errno.ENOSYS)}"
    told = Containment(missing).summary()
    assert told.startswith("the kernel refuses them ")
    assert all(what in told.partition(", but not ")[2] for what in let_through)
    assert not let_through or f"no {lost}: {missing[lost]}" in told


def test_a_summary_says_what_is_refused_and_why_the_rest_is_not() -> None:
    whole = dict.fromkeys(LAYERS, "")
    assert Containment(whole).summary() == f"the kernel refuses them {', '.join(REFUSED)}"
    without = whole | {"landlock": "it is switched off"}
    assert Containment(without).summary() == (
        "the kernel refuses them the network, writing, other processes, sight of the environment, but not reading "
        "other files (no landlock: it is switched off)"
    )
    assert (
        Containment(dict.fromkeys(LAYERS, "macOS")).summary().startswith("the kernel refuses them nothing, but not the")
    )


# What the filter lets through, on every architecture


def verdict(name: str, number: int, *arguments: int, audit: int | None = None) -> str:
    """What the kernel would make of a call: its classic BPF, as far as the filter uses it."""
    architecture = ARCHITECTURES[name]
    instructions = list(program(architecture, conditions(LIFELINE)))
    data = {0: number, 4: audit or architecture.audit} | {16 + 8 * n: value for n, value in enumerate(arguments)}
    at = accumulator = 0
    while True:
        code, if_so, if_not, value = instructions[at]
        at += 1
        if code == 0x20:
            accumulator = data.get(value, 0)
        elif code == 0x06:
            return {0x7FFF0000: "allowed", 0x80000000: "killed"}.get(value) or errno.errorcode[value & 0xFFFF]
        else:
            holds = {0x15: accumulator == value, 0x25: accumulator > value, 0x45: bool(accumulator & value)}[code]
            at += if_so if holds else if_not


LIFELINE = 7
JUDGED = [
    ("openat", (-100, 0, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0)), "allowed"),
    ("openat", (-100, 0, os.O_WRONLY), "EPERM"),
    ("openat", (-100, 0, os.O_RDONLY | os.O_CREAT), "EPERM"),
    ("close", (LIFELINE,), "EPERM"),
    ("close", (LIFELINE + 1,), "allowed"),
    ("fcntl", (1, 1), "allowed"),
    ("fcntl", (1, 8), "EPERM"),
    ("ioctl", (1, 0x5401), "allowed"),
    ("ioctl", (1, 0x8901), "EPERM"),
    ("prlimit64", (0,), "allowed"),
    ("prlimit64", (os.getppid(),), "EPERM"),
    ("tgkill", (os.getpid(),), "allowed"),
    ("tgkill", (os.getppid(),), "EPERM"),
]


@on_linux
@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_the_filter_judges_by_number_argument_and_architecture(machine: str) -> None:
    numbers = ARCHITECTURES[machine].numbers
    judged = [(call, arguments, verdict(machine, numbers[call], *arguments)) for call, arguments, _ in JUDGED]
    assert judged == JUDGED
    free = numbers.keys() - conditions(LIFELINE).keys()
    assert {verdict(machine, numbers[call]) for call in free} == {"allowed"}
    listed = set(numbers.values())
    assert {verdict(machine, number) for number in range(NEWEST + 1) if number not in listed} == {"EPERM"}
    assert {verdict(machine, number) for number in (NEWEST + 1, 0x40000000, 0x40000001, 0xFFFFFFFF)} == {"ENOSYS"}
    assert verdict(machine, numbers["read"], audit=0x40000003) == "killed"


@on_linux
@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_the_numbers_are_those_of_libseccomp(machine: str) -> None:
    try:
        library = ctypes.CDLL("libseccomp.so.2")
    except OSError as error:
        pytest.skip(f"the numbers are compared with libseccomp's, which is not here: {error}")
    architecture = ARCHITECTURES[machine]
    resolve = library.seccomp_syscall_resolve_name_arch
    resolve.argtypes = [ctypes.c_uint32, ctypes.c_char_p]
    calls = architecture.numbers | {"seccomp": architecture.seccomp}
    assert {call: resolve(architecture.audit, call.encode()) for call in calls} == calls
