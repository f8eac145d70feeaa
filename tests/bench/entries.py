"""Who takes part: the farm's kernel, the bounds, and the peers, each in an environment of its own from PyPI.

The environments are made once in build/bench/ and used again, until `make clean`. What does not install is
left out, with the reason.
"""
import shutil
import subprocess
import sys
from pathlib import Path

from contest import Entry

HERE = Path(__file__).parent
TORCH_FOR_CPU = "https://download.pytorch.org/whl/cpu"
# what each environment installs; PyTorch's own index has it for the CPU alone, PyPI with 5 GB of CUDA
PACKAGES = {"numpy": ["numpy"], "numba": ["numba", "numpy"], "jax": ["jax", "numpy"],
            "keras": ["tensorflow-cpu", "keras"], "torch": ["torch", "numpy"]}
# NumPy at its best: glibc keeps freed arrays instead of giving them back to the system and faulting them in again
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "4294967296",
               "MALLOC_TOP_PAD_": "67108864"}
LEVELS = {"base": "SSE2", "x86-64-v3": "AVX2", "x86-64-v4": "AVX-512"}
BOUNDS = {"divider": "divisions and roots alone", "multiply_add": "multiplications and additions alone",
          "memory": "reading and writing weights alone"}


def parameters(n):
    return 4 * n + 4 * n * n + 4 * n + n + 1


def side_by_side(neurons):
    """How many repeats at once a batched peer may choose from: what is fastest differs with the caches."""
    most = (1 << 26) // parameters(neurons)  # arrays of 256 MB
    return [r for r in (64, 256, 1024, 4096, 16384) if r <= most] or [16]


def blocks_of(cores):
    """What the kernel trains: as many repeats as the batched peers' line of one neuron, else a few blocks a core."""
    return lambda neurons: 16384 if neurons == 1 else 16 * max(cores, 4)


def farm_entries(tests, cores):
    """The kernel, the presets it is compared in, and what it cannot be faster than, at each level of vectors."""
    kernel, bounds = str(tests / "bench/farm_kernel"), str(tests / "bench/bounds")
    mine = {"repeats": blocks_of(cores)}
    entries = [Entry("farm", "farm", [kernel], modes=("one", "threads"), **mine),
               Entry("farm_pytorch", "farm, preset pytorch", [kernel], preset="pytorch", modes=("one", "threads"),
                     **mine)]
    for level, title in LEVELS.items():
        entries.append(Entry(f"farm_{level}", f"farm, {title}", [kernel, level], modes=("one",), **mine))
        for kind, words in BOUNDS.items():
            entries.append(Entry(f"{kind}_{level}", f"{words}, {title}", [bounds, kind, level], repeats=16,
                                 modes=("one",), trains=False))
    return [entry for entry in entries if has_level(entry)]


def has_level(entry):
    return subprocess.run(entry.command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def peer_entries(name, python):
    """The entries of one peer, run by this Python."""
    def entry(suffix, title, *arguments, **options):
        return Entry(name + suffix, title, [python, str(HERE / f"peer_{name}.py"), *arguments], **options)

    at_once = {"sizes": (1,), "repeats": 16384}
    if name == "numpy":
        return [entry("_16384", "NumPy, 16,384 at once", environment=KEEP_MEMORY, **at_once),
                entry("", "NumPy, best number at once", environment=KEEP_MEMORY, repeats=side_by_side)]
    if name == "jax":
        modes = ("one", "cores", "threads")
        return [entry("_16384", "JAX vmap + jit, 16,384 at once", modes=modes, **at_once),
                entry("", "JAX vmap + jit, best number at once", modes=modes, repeats=side_by_side)]
    if name == "keras":
        return [entry("_fit", "Keras, its own fit loop", "fit"), entry("_graph", "Keras, one compiled loop", "graph")]
    if name == "numba":
        return [entry("", "Numba", repeats=16, modes=("one", "cores", "threads")),
                entry("_scalar", "Numba, not vectorised", repeats=16, modes=("one",),
                      environment={"NUMBA_LOOP_VECTORIZE": "0"})]
    if name == "torch":
        return [entry("", "PyTorch nn.LSTM", preset="pytorch")]
    return [entry("", "plain Python, float64", sizes=(1, 4))]


PEERS = (*PACKAGES, "plain")

# --- environments -----------------------------------------------------------------------------------------------------


def pip(python, *arguments):
    return subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-cache-dir", "--disable-pip-version-check",
                           *arguments], capture_output=True, text=True, check=False)


def install(python, packages):
    """None, or why not."""
    if packages[0] == "torch":
        if pip(python, "--retries", "0", "--timeout", "15", "--index-url", TORCH_FOR_CPU, *packages).returncode == 0:
            return None
    result = pip(python, "--retries", "2", *packages)
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    return None if result.returncode == 0 else (lines or ["pip failed"])[-1][:300]


def environment(name, folder, say):
    """The Python that has a peer's packages: (python, None) or (None, why not)."""
    if name not in PACKAGES:
        return sys.executable, None
    place = folder / f"env-{name}"
    python, made = str(place / "bin/python"), place / "made-from"
    wanted = " ".join(PACKAGES[name])
    if made.exists() and made.read_text() == wanted:
        return python, None
    say(f"installing {wanted} into {place}")
    shutil.rmtree(place, ignore_errors=True)  # half an environment is none
    result = subprocess.run([sys.executable, "-m", "venv", place], capture_output=True, text=True, check=False)
    why = (result.stdout.strip() or "python3 -m venv does not work") if result.returncode else install(
        python, PACKAGES[name])
    if why:
        shutil.rmtree(place, ignore_errors=True)
        return None, why.splitlines()[0]
    made.write_text(wanted)
    return python, None
