"""Makes the virtual environment of the local cloud on first use, then becomes the server.

Only the standard library: this runs before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
READY = ".complete"
# What the environment is for; `tests/judges` makes one of its own.
NAME, CONTENT = "local cloud", "moto"
VENV, CHOSEN = "cloud-venv", "FASTCART_CLOUD_VENV"


def pins() -> str:
    """What an environment is made of: the requirements, and this Python."""
    return hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]


def environment_path() -> Path:
    """Where the environment lives: one for each set of pins."""
    chosen = os.environ.get(CHOSEN)
    if chosen:
        return Path(chosen).absolute()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "fastcart-hcl" / f"{VENV}-{pins()}"


def is_complete(environment: Path) -> bool:
    try:
        return (environment / READY).read_text() == pins()
    except OSError:
        return False


def fail(message: str, output: str = "") -> None:
    print(f"{NAME}: {message}", file=sys.stderr)
    if output.strip():
        print(output.strip(), file=sys.stderr)
    sys.exit(1)


def run(command: list[str], otherwise: str) -> None:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
    if done.returncode:
        fail(otherwise, done.stdout)


def build(environment: Path) -> None:
    if environment.exists() and any(environment.iterdir()) and not (environment / "pyvenv.cfg").exists():
        fail(f"{environment} is not a virtual environment and not empty; it is left as it is.")
    print(f"{NAME}: first use, installing {CONTENT} into {environment} …", file=sys.stderr, flush=True)
    shutil.rmtree(environment, ignore_errors=True)
    run(
        [sys.executable, "-m", "venv", str(environment)],
        f"{sys.executable} could not make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv.",
    )
    run(
        [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "-r", str(REQUIREMENTS)],
        "installing the pinned packages failed. A package index is needed once; pip's own words follow.",
    )
    (environment / READY).write_text(pins())


def ensure(environment: Path) -> None:
    """Builds the environment unless it is complete. Two first starts at once: the second waits for the first."""
    if is_complete(environment):
        return
    environment.parent.mkdir(parents=True, exist_ok=True)
    with open(environment.parent / f"{environment.name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_complete(environment):
            build(environment)


def main() -> None:
    environment = environment_path()
    ensure(environment)
    python = str(environment / "bin" / "python")
    arguments = sys.argv[1:]
    if arguments[:1] == ["--prepare"]:
        print(environment)
        return
    os.environ["PYTHONPATH"] = str(HERE)
    if arguments[:1] == ["--run-tests"]:
        os.execv(python, [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(HERE), *(arguments[1:] or [str(HERE / "tests")])])
    os.execv(python, [python, "-m", "fastcart_cloud", *arguments])


if __name__ == "__main__":
    main()
