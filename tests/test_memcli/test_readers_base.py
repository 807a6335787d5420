"""Lines of files of any encoding and length."""

from pathlib import Path

from memcli.ingest.readers.base import HEAD_BYTES, LINE_BYTES, Source


def source(tmp_path: Path, data: bytes) -> Source:
    path = tmp_path / "a.b.txt"
    path.write_bytes(data)
    return Source(uri=f"folder/{path.name}", path=path)


def test_names() -> None:
    assert Source(uri="x/2004-11-15_03.raw.txt", path=Path()).stem == "2004-11-15_03.raw"
    assert Source(uri="-", path=Path()).stem == "-"


def test_lines(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbfone\r\ntwo\n\ncaf\xe9\nth\x00ree"
    assert list(source(tmp_path, data).lines()) == [(1, "one"), (2, "two"), (3, ""), (4, "café"), (5, "th\x00ree")]


def test_over_long_lines_are_none(tmp_path: Path) -> None:
    data = b"a\n" + b"x" * (3 * LINE_BYTES) + b"\nb\n" + b"y" * LINE_BYTES
    assert list(source(tmp_path, data).lines()) == [(1, "a"), (2, None), (3, "b"), (4, None)]


def test_the_head_is_cut_at_a_whole_line(tmp_path: Path) -> None:
    data = ("é" * 99 + "\n").encode() * 1000
    assert source(tmp_path, data).head_text == ("é" * 99 + "\n") * 328 + "é" * 99
    assert len(source(tmp_path, data).head_lines) == 329


def test_the_head_of_one_long_line_is_no_mojibake(tmp_path: Path) -> None:
    assert set(source(tmp_path, ("{" + "a€" * HEAD_BYTES).encode()).head_text) == {"{", "a", "€"}


def test_lines_break_only_at_line_feeds(tmp_path: Path) -> None:
    data = "a\u2028b\x0bc\n".encode()
    assert [text for _, text in source(tmp_path, data).lines()] == source(tmp_path, data).head_lines
