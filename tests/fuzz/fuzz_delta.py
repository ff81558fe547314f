"""Feeds damaged deltas and packs to the compiled modules of scanner/git, built with sanitizers.

    python tests/fuzz/fuzz_delta.py [--inputs N] [--seed S] [--repository PATH]

Builds `delta` and `entries` with AddressSanitizer and UndefinedBehaviorSanitizer into a temporary folder
(needs GCC, Cython and setuptools), and runs itself with them. Seeds are the deltas of a repository, of this
one unless told. Ends with a status other than 0 at the first input that crashes, or raises anything but what
is announced; the input is then in the folder that is printed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from mmap import mmap
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
MODULES = ("delta", "entries")
LIMIT = 1 << 20
SANITIZE = "-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g -O1"
_SETUP = """
from Cython.Build import cythonize
from setuptools import Extension, setup
setup(name="fuzzed", ext_modules=cythonize([Extension(n, [n + ".py"]) for n in {names!r}], quiet=True))
"""

Random = random.Random


class Keep:
    """Keeps the last input in a file, mapped: it is there after a crash, and quickly written."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(1 << 16))
        with path.open("r+b") as file:
            self._map = mmap(file.fileno(), 0)

    def write(self, *parts: bytes) -> None:
        data = b"\n-- and --\n".join(parts)[:65_000]
        self._map[: len(data)] = data
        self._map[len(data) : len(data) + 10] = b"\n-- end --"


def build(folder: Path) -> None:
    """Compile the modules, with sanitizers, into `folder`."""
    for name in MODULES:
        for ending in ("py", "pxd"):
            file = ROOT / "scanner" / "git" / f"{name}.{ending}"
            (folder / file.name).write_bytes(file.read_bytes())
    (folder / "setup.py").write_text(_SETUP.format(names=MODULES))
    environment = os.environ | {"CFLAGS": SANITIZE, "LDFLAGS": SANITIZE}
    command = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    for name in MODULES:
        (folder / f"{name}.py").unlink()  # only the compiled form is left to import


def run_sanitized(folder: Path, arguments: list[str]) -> int:
    """Run this script in a Python that has the sanitizers loaded; its exit status."""
    libraries = [
        subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True).stdout
        for name in ("libasan.so", "libubsan.so")
    ]
    environment = os.environ | {
        "LD_PRELOAD": " ".join(library.strip() for library in libraries),
        "ASAN_OPTIONS": "detect_leaks=0",  # Python does not free all that it has at its end
        "PYTHONMALLOC": "malloc",  # each object in an allocation of its own, so that reads past it show
        "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
    }
    command = [sys.executable, __file__, "--in", str(folder), *arguments]
    return subprocess.run(command, env=environment, check=False).returncode


def real_deltas(repository: Path) -> list[tuple[bytes, bytes]]:
    """Small bases with deltas for them, of the packs of a repository."""
    from scanner.git.packs import open_pack, pack_indexes

    found = []
    common = ["git", "-C", str(repository), "rev-parse", "--git-path", "objects"]
    folder = repository / subprocess.run(common, capture_output=True, text=True, check=True).stdout.strip()
    for index in pack_indexes(folder):
        pack = open_pack(index, 20)
        for root in pack.roots:
            small = [child for child in pack.children(root) if pack.sizes[child] < 300]
            if pack.sizes[root] < 4000:
                found += [(pack.inflate(root, 4000), pack.inflate(child, 300)) for child in small]
    return found[:2000] or [(b"some text\n" * 9, b"\x5a\x1c\x90\x14\x08new\nline")]


def mutated(dice: Random, data: bytes) -> bytes:
    """`data` with a few changes: bytes replaced, cut out, put in, repeated, cut off."""
    result = bytearray(data)
    for _ in range(dice.randrange(5)):
        at = dice.randrange(len(result) + 1)
        match dice.randrange(6):
            case 0 | 1:
                result[at : at + 1] = bytes([dice.choice([0, 1, 127, 128, 255, dice.randrange(256)])])
            case 2:
                del result[at : at + dice.randrange(1, 9)]
            case 3:
                result[at:at] = dice.randbytes(dice.randrange(1, 9))
            case 4:
                result[at:at] = result[at : at + dice.randrange(1, 30)]
            case 5:
                del result[at:]
    return bytes(result)


def fuzz_delta(module: ModuleType, seeds: list[tuple[bytes, bytes]], dice: Random, keep: Keep) -> int:
    """One input for `apply_delta` and `carry`; the number of them that were accepted."""
    base, delta = dice.choice(seeds)
    if dice.random() < 0.1:
        delta = delta[: dice.randrange(4)] + dice.randbytes(dice.randrange(60))
    else:
        delta = mutated(dice, delta)
    if dice.random() < 0.1:
        base = base[: dice.randrange(len(base) + 1)]
    keep.write(base, delta)
    accepted = 0
    try:
        content, regions = module.apply_delta(base, delta, dice.choice([1, 1, 50, 1 << 62]), LIMIT)
        accepted += 1
        edges = [edge for region in regions for edge in region]
        assert edges == sorted(set(edges)), "regions out of order"
        assert not edges or (edges[0] >= 0 and edges[-1] <= len(content)), "regions outside"
    except module.BadDelta:
        pass
    marks = sorted((start, start + dice.randrange(1, 40)) for start in dice.choices(range(4000), k=3))
    try:
        module.carry(delta, marks)
        accepted += 1
    except module.BadDelta:
        pass
    return accepted


def fuzz_entries(module: ModuleType, dice: Random, keep: Keep) -> int:
    """One pack of nonsense for the functions that read headers; 1 where its offsets were accepted."""
    count = dice.randrange(1, 12)
    size = dice.choice([20, 32])
    ids = b"".join(sorted(dice.randbytes(1) * size for _ in range(count)))
    fanout = array("I", [sum(ids[size * i] <= first for i in range(count)) for first in range(256)])
    parts = [b"PACK" + bytes(8)]
    for _ in range(count):
        kind = dice.choice([0x30, 0x60, 0x60, 0x70, 0x70, dice.randrange(256)])
        name = ids[dice.randrange(count) * size :][:size] if kind == 0x70 else b""
        parts.append(bytes([kind | dice.randrange(16)]) + name + dice.randbytes(dice.randrange(1, 12)))
    pack = mutated(dice, b"".join(parts)) if dice.random() < 0.3 else b"".join(parts)
    starts = [12]
    for part in parts[1:]:
        starts.append(starts[-1] + len(part))
    if dice.random() < 0.1:
        starts[dice.randrange(count)] = dice.choice([-1, 0, 1 << 62, dice.randrange(200)])
    offsets = array("q", dice.sample(starts[:-1], count))
    keep.write(pack, ids, repr((starts, offsets)).encode())
    return _entries(module, pack, starts[-1], offsets, ids, fanout, size)


def _entries(
    module: ModuleType, pack: bytes, end: int, offsets: array[int], ids: bytes, fanout: array[int], size: int
) -> int:
    count = len(offsets)
    order, starts = module.by_offset(offsets, end)
    assert sorted(order) == list(range(count)), "not an order"
    kinds, lengths, sizes = bytearray(count), bytearray(count), array("q", [0]) * count
    bases, child, sibling = (array("i", [0]) * count for _ in range(3))
    try:
        module.read_headers(pack, starts, sizes, kinds, lengths, bases, size)
    except ValueError:
        return 0
    module.resolve_refs(pack, starts, kinds, lengths, bases, ids, fanout, offsets, size)
    module.resolve_kinds(kinds, bases)
    assert max(kinds) <= 4, "a kind that is none"
    for kind in range(1, 5):
        roots, weights = module.link(kinds, kind, bases, starts, child, sibling)
        whole = sum(
            end - start for (start, end), one in zip(pairwise(starts), kinds, strict=True) if one == kind
        )
        assert sum(weights) == whole, "an object in no tree, or in two"
        assert len(roots) == len(weights), "a root without a weight"
    small, large = pack[: 4 * (len(pack) // 4)], pack[: len(pack) // 2]
    with suppress(ValueError):
        module.read_offsets(small, large, array("q", [0]) * (len(small) // 4))
    return 1


def fuzz(folder: Path, inputs: int, seed: int, repository: Path) -> None:
    """Run `inputs` inputs in this process."""
    import delta
    import entries

    assert delta.COMPILED and str(folder) in delta.__file__, "not the modules to fuzz"
    dice = Random(seed)
    seeds = real_deltas(repository)
    keep = Keep(folder / f"input-{seed}")
    start, accepted = time.monotonic(), 0
    targets: list[Callable[[], int]] = [
        *[lambda: fuzz_delta(delta, seeds, dice, keep)] * 4,
        lambda: fuzz_entries(entries, dice, keep),
    ]
    for number in range(inputs):
        accepted += targets[number % len(targets)]()
        if number % 100_000 == 99_999:
            rate = (number + 1) / (time.monotonic() - start)
            print(f"{number + 1} inputs, {accepted} accepted, {rate:.0f} a second", flush=True)
    print(f"{inputs} inputs of seed {seed} on {len(seeds)} deltas: nothing found")


def main() -> int:
    """Build, then run sanitized; or, there, run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--repository", type=Path, default=ROOT)
    parser.add_argument("--in", dest="folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder:
        fuzz(options.folder, options.inputs, options.seed, options.repository)
        return 0
    folder = Path(tempfile.mkdtemp(prefix="fuzz-delta-"))
    print(f"in {folder}")
    build(folder)
    status = run_sanitized(folder, sys.argv[1:])
    if status == 0:
        shutil.rmtree(folder)
    return status


if __name__ == "__main__":
    sys.exit(main())
