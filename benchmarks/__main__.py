"""`make benchmarks`: starts a site of its own with the demo, measures, prints, and writes benchmarks/results.md.

python -m benchmarks [costs] [weights] [lighthouse]      # all three where none is named; then nothing is written
"""

from __future__ import annotations

import datetime
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks import costs, lighthouse, weights
from tests.stack import UNLIMITED, Stack

PARTS = {"costs": costs, "weights": weights, "lighthouse": lighthouse}


def main(asked: list[str]) -> int:
    """Measure what is asked; 0, or 2 and a sentence where a name or a program is missing."""
    unknown = [name for name in asked if name not in PARTS]
    if unknown:
        print(f"No such part: {', '.join(unknown)}. There are {', '.join(PARTS)}.")
        return 2
    chosen = {name: part for name, part in PARTS.items() if name in (asked or PARTS)}
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or ""
    missing = [name for name in ("npm", "node") if "lighthouse" in chosen and not shutil.which(name)]
    if missing or not chromium:
        absent = ", ".join(missing + ["chromium"] * (not chromium))
        print(f"Needed and not found: {absent}. On Debian: apt install nodejs npm chromium.")
        return 2
    with tempfile.TemporaryDirectory(prefix="polls-benchmarks-") as directory:
        print("Starting a site …", flush=True)
        with Stack(Path(directory) / "var", **UNLIMITED) as site:
            said = []
            for name, part in chosen.items():
                print(f"Measuring {name} …", flush=True)
                said.append(part.measure(site, chromium))
                print(said[-1], flush=True)
    if not asked:
        (Path(__file__).parent / "results.md").write_text("\n".join([_head(), *said]))
    return 0


def _head() -> str:
    system = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"# Measured on {datetime.date.today():%d %B %Y}\n\n{system}; everything on one machine, on loopback.\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
