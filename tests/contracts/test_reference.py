"""The reference in memcli/reference/ is what the program does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_reference_is_as_the_program_is():
    script = Path(__file__).with_name("reference.py")
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"`python {script}` writes it anew:\n{done.stdout}{done.stderr}"
