"""The three packages keep to their rooms; heavy libraries and the outer world stay out where they have no business."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("memcli", "engines", "store")
FILES = {path.relative_to(ROOT).as_posix(): path for room in ROOMS for path in (ROOT / room).rglob("*.py")}
HEAVY = {"duckdb", "lancedb", "pyarrow", "numpy", "onnxruntime", "tokenizers", "llama_cpp", "rich"}
STRANGERS = {"store": {"memcli", "engines"}, "engines": {"memcli", "store"}, "memcli": {"tests"}}
PURE = sorted(
    name
    for name in FILES
    if (name.startswith("memcli/memory/") and not name.startswith("memcli/memory/consolidate"))
    or name in {f"memcli/recall/{stem}.py" for stem in ("fuse", "select", "query", "question", "weights")}
    or name in {f"memcli/answer/{stem}.py" for stem in ("cite", "support", "follow_up", "yes_no")}
    or name in {"memcli/report/page.py", "memcli/report/figures.py", "memcli/schedule/plan.py"}
)
WORLD = {"os", "pathlib", "time", "random", "secrets", "uuid", "subprocess", "socket", "io", "store", "engines"}
WORLDLY_CALLS = {"now", "utcnow", "today", "open", "print", "input"}
LONGEST = 450


def imports(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Every import under the node as (dotted name, line). House style has no relative ones."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Import):
            yield from ((alias.name, inner.lineno) for alias in inner.names)
        elif isinstance(inner, ast.ImportFrom):
            assert inner.level == 0, f"relative import in line {inner.lineno}"
            yield f"{inner.module}", inner.lineno
            yield from ((f"{inner.module}.{alias.name}", inner.lineno) for alias in inner.names)


def at_import_time(node: ast.AST) -> Iterator[ast.stmt]:
    """The import statements that run when the module is imported, however deep in `if`, `try`, `with` or a class."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            yield from at_import_time(ast.Module(child.orelse, []))
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from at_import_time(child)


def tree(name: str) -> ast.Module:
    return ast.parse(FILES[name].read_text(encoding="utf-8"), name)


def package(dotted: str) -> str:
    return dotted.split(".", 1)[0]


def room(name: str) -> str:
    return name.split("/", 1)[0]


def test_the_rules_can_see() -> None:
    """The walkers find what they are to forbid, and only that."""
    code = """
if TYPE_CHECKING:
    import duckdb
else:
    import numpy
class Room:
    try:
        from rich.table import Table
    except ImportError:
        pass
def f():
    import pyarrow
"""
    seen = {package(name) for statement in at_import_time(ast.parse(code)) for name, _ in imports(statement)}
    assert seen == {"numpy", "rich"}
    assert {package(name) for name, _ in imports(ast.parse(code))} == {"duckdb", "numpy", "rich", "pyarrow"}
    assert len(FILES) > 50
    assert len(PURE) > 8


def test_store_and_engines_meet_only_in_memcli() -> None:
    """And nothing that is installed imports the tests."""
    wrong = [
        (name, line, dotted)
        for name in FILES
        for dotted, line in imports(tree(name))
        if package(dotted) in STRANGERS[room(name)]
    ]
    assert wrong == []


def test_what_programs_use_does_not_stand_on_the_command_line() -> None:
    """`memcli.Memory` and all below it. The servers speak in the commands' own words, and may know them."""
    above = ("memcli/cli/", "memcli/serve/", "memcli/__main__.py")
    wrong = [
        (name, line, dotted)
        for name in FILES
        if not name.startswith(above)
        for dotted, line in imports(tree(name))
        if dotted.startswith("memcli.cli")
    ]
    assert wrong == []


def test_heavy_libraries_are_imported_where_they_are_used() -> None:
    """engines/build is left out: it is run by whoever makes the models, never by memcli."""
    early = [
        (name, statement.lineno)
        for name in FILES
        if not name.startswith("engines/build/")
        for statement in at_import_time(tree(name))
        if HEAVY & {package(dotted) for dotted, _ in imports(statement)}
    ]
    assert early == []


@pytest.mark.parametrize("name", PURE)
def test_pure_modules_know_nothing_of_the_world(name: str) -> None:
    """No files, no clock, no chance, no store, no model: what they are told decides what they say."""
    module = tree(name)
    assert [(dotted, line) for dotted, line in imports(module) if package(dotted) in WORLD] == []
    calls = [ast.unparse(node.func) for node in ast.walk(module) if isinstance(node, ast.Call)]
    assert [call for call in calls if call.rsplit(".", 1)[-1] in WORLDLY_CALLS] == []


def test_a_file_can_be_read_in_one_sitting() -> None:
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in FILES.items()}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}
