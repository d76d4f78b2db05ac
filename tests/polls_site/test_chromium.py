"""Browser tests are skipped by name where there is no Chromium, and may not be where they are required."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from polls_site.prepare import ROOT

EXAMPLE = """
import pytest

@pytest.mark.browser
def test_a_page_in_a_browser():
    raise AssertionError("a browser was not needed")
"""


@pytest.mark.parametrize(
    ("required", "code", "sentence"),
    [
        ("", 0, "needs Chromium: apt install chromium-headless-shell"),
        ("required", 4, "BROWSER_TESTS=required, and no Chromium is installed: apt install chromium-headless-shell"),
    ],
)
def test_without_chromium(tmp_path: Path, required: str, code: int, sentence: str) -> None:
    (tmp_path / "test_example.py").write_text(EXAMPLE)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "-p", "tests.conftest", tmp_path],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path), "BROWSER_TESTS": required},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert sentence in done.stdout + done.stderr
