"""lancedb is imported without the client of a service that a local store never calls, and for reading not at all."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

REAL_CLIENT_MODULES = """
import json, sys
from pathlib import Path
from store.index import Filter, Index
index = Index(Path(sys.argv[1]))
{first_use}
print(json.dumps(["lancedb" in sys.modules] + [name for name, module in sys.modules.items()
      if name.split(".")[0] == "lance_namespace_urllib3_client" and getattr(module, "__file__", None)]))
"""

PUT = """
import numpy as np, pyarrow as pa
from store.index_schema import COLUMNS
values = {"seq": pa.array([1], pa.int64()), "session": pa.array([1], pa.int32())}
values |= {"speaker": ["Ann"], "said": ["Ann: kettle"]}
rows = pa.table({name: values.get(name, pa.nulls(1)) for name in COLUMNS})
index.put(rows, np.ones((1, 64), np.float32))
index.refresh_text()
"""


@pytest.mark.parametrize(
    ("first_use", "whole"),
    [
        ("index.count()", False),
        ("index.lexical('kettle', limit=1, where=Filter())", False),
        ("index.rows([1])", False),
        ("index.refresh_text()", True),
        ("index.count(); index.refresh_text()", True),
        (PUT, True),
    ],
    ids=["count", "lexical", "rows", "refresh", "read and change", "put"],
)
def test_the_remote_client_is_not_loaded(tmp_path: Path, first_use: str, whole: bool) -> None:
    def run(code: str) -> list[object]:
        arguments = [sys.executable, "-c", REAL_CLIENT_MODULES.format(first_use=code), str(tmp_path / "index")]
        done = subprocess.run(arguments, capture_output=True, check=True)
        assert done.stderr == b""
        return list(json.loads(done.stdout))

    if first_use != PUT:
        run(PUT)
    assert run(first_use) == [whole]


def test_lancedb_imported_before_us_is_used_as_it_is() -> None:
    code = "import lancedb; from store.lance import lance; assert lance() is lancedb is lance()"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_other_imports_are_not_touched() -> None:
    """After lancedb, the real client can still be imported by whoever wants it."""
    code = (
        "import sys; from store.lance import lance; before = list(sys.meta_path); lance();"
        "assert not [one for one in sys.meta_path if type(one).__module__ == 'store.lance'];"
        "assert [one for one in sys.meta_path if one in before] == before"  # six adds a finder of its own
    )
    subprocess.run([sys.executable, "-c", code], check=True)
