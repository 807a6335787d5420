"""What is installed holds all that it needs: the three packages, the models, their licences."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from engines.cards import BUILT_IN

REPOSITORY = Path(__file__).parent.parent.parent


def test_the_wheel_holds_the_models_and_their_licences(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", tmp_path, REPOSITORY],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("memcli-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
    for card in BUILT_IN.values():
        for file in card.files:
            assert sizes[f"engines/models/{card.folder}/{file.name}"] == file.size
        for name in ("LICENSE", "NOTICE"):
            assert f"engines/models/{card.folder}/{name}" in sizes
    assert {name.split("/")[0] for name in sizes if ".dist-info" not in name} == {"memcli", "engines", "store"}
    assert any(name.endswith("dist-info/licenses/LICENSE") for name in sizes)
