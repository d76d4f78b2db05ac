"""`make test`: every check of the project on throw-away servers; stops at the first that fails."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

from polls_site.local import throw_away_services
from polls_site.prepare import ROOT, CannotStart, quietly, step

PYTHON = sys.executable
LAYERS = "from importlinter.cli import lint_imports_command; lint_imports_command()"
DEPLOYED = {"BASE_URL": "https://polls.example.org", "ALLOWED_HOSTS": "polls.example.org"}
CHECKS = {
    "Style": [PYTHON, "-m", "ruff", "check", "."],
    "Format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "Types": [PYTHON, "-m", "mypy", "."],
    "Layers": [PYTHON, "-c", LAYERS],
    "Lock file": [PYTHON, "-m", "uv", "lock", "--check"],
    "Migrations": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
    "Deployment": [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
}


def main(arguments: list[str]) -> int:
    """Run the checks, then pytest with `arguments`; the first exit code that is not 0."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job would inherit it ignored
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="polls-test-")))
        servers = stack.enter_context(throw_away_services(directory))
        environment = {**os.environ, **servers, "PYTHONPATH": str(ROOT)}
        for name, command in CHECKS.items():
            with step(name):
                quietly(
                    command,
                    ROOT / "var" / "log" / "check.log",
                    environment | DEPLOYED if name == "Deployment" else environment,
                )
        return _pytest(arguments, environment)


def _pytest(arguments: list[str], environment: dict[str, str]) -> int:
    with subprocess.Popen([PYTHON, "-m", "pytest", *arguments], cwd=ROOT, env=environment) as run:
        try:
            return run.wait()
        except BaseException as reason:
            if isinstance(reason, SystemExit):
                run.send_signal(signal.SIGINT)  # Ctrl-C in a terminal reaches it by itself
            with contextlib.suppress(subprocess.TimeoutExpired):
                run.wait(20)  # it ends what its fixtures started
            run.kill()
            raise


def _end(signum: int, frame: object) -> NoReturn:
    sys.exit(128 + signum)  # through the context managers, so that nothing is left behind


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CannotStart as reason:
        sys.exit(str(reason))
    except KeyboardInterrupt:
        sys.exit(130)
