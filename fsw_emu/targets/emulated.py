# SPDX-FileCopyrightText: 2026 fsw-emu contributors
# SPDX-License-Identifier: Apache-2.0

"""A program on an emulated processor, its memory a file that both sides map."""

from __future__ import annotations

import contextlib
import mmap
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from fsw_emu.core import TargetError
from fsw_emu.targets.program import POWERPC, SPARC, Program
from fsw_emu.targets.ring import ADDRESS, Ring, TargetGone

RAM = 0x40000000
RAM_BYTES = 512 << 20
USER_RING = 0x60000000  # of programs that are a Linux process: all of their file


class FileMemory:
    """The target's memory from ``base`` on, as a mapped file."""

    def __init__(self, file: int, base: int, size: int) -> None:
        self.base, self.size = base, size
        self._map = mmap.mmap(file, size)
        self._words = memoryview(self._map).cast("I")

    def _at(self, address: int, size: int) -> int:
        at = address - self.base
        if not 0 <= at <= self.size - size:
            raise TargetError(f"0x{address:08x}: outside the target's memory")
        return at

    def read(self, address: int, size: int) -> bytes:
        at = self._at(address, size)
        return self._map[at : at + size]

    def read_each(self, places: Sequence[tuple[int, int]]) -> list[bytes]:
        return [self.read(address, size) for address, size in places]

    def write(self, address: int, data: bytes) -> None:
        at = self._at(address, len(data))
        self._map[at : at + len(data)] = data

    def read_word(self, address: int) -> int:
        word = self._words[self._at(address, 4) // 4]
        return int.from_bytes(word.to_bytes(4, "little"), "big")

    def write_word(self, address: int, value: int) -> None:
        word = int.from_bytes(value.to_bytes(4, "big"), "little")
        self._words[self._at(address, 4) // 4] = word


class Dozer:
    """Starts a process that waits busily, and stops it while nothing is asked of it.

    The process may be tied to the thread that starts it; this one lives as long as it should.
    """

    IDLE_S = 0.02

    def __init__(self, command: Sequence[str], log: BinaryIO) -> None:
        self._lock = threading.Lock()
        self._started, self._ended = threading.Event(), threading.Event()
        self._asked = 0
        self._busy = True  # until it is ready
        self._stopped = False
        self._error: OSError | None = None
        threading.Thread(target=self._live, args=(command, log), daemon=True).start()
        self._started.wait()
        if self._error is not None:
            raise self._error

    def _live(self, command: Sequence[str], log: BinaryIO) -> None:
        try:
            self.process = subprocess.Popen(  # noqa: S603
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        except OSError as error:
            self._error = error
        self._started.set()
        asked = -1
        while self._error is None and not self._ended.wait(self.IDLE_S):
            with self._lock:
                if not self._busy and self._asked == asked and not self._stopped:
                    self._send(signal.SIGSTOP)
                    self._stopped = True
                asked = self._asked

    def _send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, number)

    def wake(self) -> None:
        """Something is asked."""
        with self._lock:
            self._asked += 1
            self._busy = True
            if self._stopped:
                self._send(signal.SIGCONT)
                self._stopped = False

    def rest(self) -> None:
        """All is answered."""
        self._busy = False

    def end(self) -> None:
        """End the process; what it keeps for its end (plugins) is written."""
        self.wake()
        process = self.process
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._ended.set()


def _fast_folder() -> str | None:
    """A folder in memory, where there is one that is large enough."""
    folder = Path("/dev/shm")  # noqa: S108
    return str(folder) if folder.is_dir() and shutil.disk_usage(folder).free > RAM_BYTES else None


def _command(emulator: str) -> list[str]:
    """The emulator, made to end with this process where the system can do that."""
    path = shutil.which(emulator)
    if path is None:
        raise TargetError(f"{emulator} is not installed: run `make leon3` to see how to get it")
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", path] if setpriv else [path]


class Emulator:
    """One emulator process; ``ring`` is the way to talk to its program, ``ram`` the file that
    is its memory, without a name; ``wake`` and ``rest`` are for those who talk to it in another
    way. Ends with close(), or with this process.

    user: run the program as a Linux process of that processor instead of on a bare machine.
    """

    def __init__(
        self,
        program: Program,
        *,
        user: bool = False,
        processors: int = 1,
        options: Sequence[str] = (),
        timeout_s: float = 30.0,
    ) -> None:
        self.program = program
        base = USER_RING if user else RAM
        size = RAM + RAM_BYTES - ADDRESS if user else RAM_BYTES
        with tempfile.TemporaryDirectory(prefix="fsw-emu-", dir=_fast_folder()) as folder:
            ram = Path(folder) / "ram"
            command = self._user(ram, options) if user else self._system(ram, options, processors)
            self.ram = ram.open("wb+")
            self.ram.truncate(size)
            self.memory = FileMemory(self.ram.fileno(), base, size)
            self._log = (Path(folder) / "log").open("wb+")
            dozer = Dozer(command, self._log)
            self.process = dozer.process
            self.wake, self.rest = dozer.wake, dozer.rest
            self._finalizer = weakref.finalize(self, _end, dozer, self.ram, self._log)
            try:
                self.ring = Ring(
                    self.memory,
                    address=USER_RING if user else ADDRESS,
                    alive=self.check,
                    locate=program.locate,
                    wake=dozer.wake,
                    rest=dozer.rest,
                    give_up=self._finalizer,
                    timeout_s=timeout_s,
                )
            except TargetError:
                self.close()
                raise
        # Both sides have mapped the file: now that it has no name, nothing is left behind.

    def _system(self, ram: Path, options: Sequence[str], processors: int) -> list[str]:
        if self.program.machine != SPARC:
            raise ValueError(f"{self.program.path}: not a SPARC V8 program")
        backend = f"memory-backend-file,id=ram,size={RAM_BYTES},mem-path={ram},share=on"
        return [
            *_command("qemu-system-sparc"),
            *("-machine", "leon3_generic,memory-backend=ram", "-object", backend),
            *("-m", str(RAM_BYTES >> 20), "-smp", str(processors)),
            *("-display", "none", "-monitor", "none", "-serial", "none", "-no-reboot"),
            *("-kernel", str(self.program.path), *options),
        ]

    def _user(self, ram: Path, options: Sequence[str]) -> list[str]:
        emulators = {
            SPARC: ["qemu-sparc", "-cpu", "LEON3"],
            POWERPC: ["qemu-ppc"],
        }
        if self.program.machine not in emulators:
            raise ValueError(f"{self.program.path}: neither a SPARC V8 nor a PowerPC program")
        emulator, *cpu = emulators[self.program.machine]
        return [*_command(emulator), *cpu, *options, str(self.program.path), str(ram)]

    def check(self) -> None:
        """TargetGone, with its last words, when the emulator has ended."""
        code = self.process.poll()
        if code is None:
            return
        if self._log.closed:
            raise TargetGone("the target was ended")
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").strip().splitlines()
        why = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        raise TargetGone(f"the target ended ({why}): {lines[0] if lines else 'no last words'}")

    def close(self) -> None:
        """End the emulator; what it keeps for its end (plugins) is written."""
        self._finalizer()


def _end(dozer: Dozer, *files: BinaryIO) -> None:
    dozer.end()
    for file in files:
        file.close()
