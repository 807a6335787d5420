"""Records of JSON files: every layout, true line numbers, damage that costs only itself, bounded work."""

import json
from pathlib import Path

import pytest
from growth import LINEAR, growth

from memcli.ingest.readers import json_stream
from memcli.ingest.readers.base import Skipped, Source
from memcli.ingest.readers.json_stream import Record, key_lines, records


def read(tmp_path: Path, data: str | bytes) -> list[Record | Skipped]:
    path = tmp_path / "log.json"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return list(records(Source(uri=str(path), path=path)))


def values(items: list[Record | Skipped]) -> list[object]:
    return [item.value if isinstance(item, Record) else None for item in items]


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}\n{"a": 2}\n{"a": 3}\n',
        '{"a": 1}\r\n\r\n{"a": 2}\r\n{"a": 3}',
        '[{"a": 1}, {"a": 2}, {"a": 3}]',
        '[\n  {\n    "a": 1\n  },\n  {\n    "a": 2\n  },\n  {\n    "a": 3\n  }\n]\n',
        '{\n  "a": 1\n}\n{\n  "a": 2\n}\n{\n  "a": 3\n}\n',
        '\ufeff[{"a":1},\n{"a":2},\n{"a":3}]',
    ],
)
def test_every_layout_gives_the_same_records(tmp_path: Path, text: str) -> None:
    assert values(read(tmp_path, text)) == [{"a": 1}, {"a": 2}, {"a": 3}]


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    items = read(tmp_path, '\n[\n  {"a": 1},\n\n  {\n"a": 2},  {"a": 3}\n]\n')
    assert [item.line for item in items] == [3, 5, 6]


def test_lines_are_true_across_many_refills(tmp_path: Path) -> None:
    text = "".join(json.dumps({"n": n, "text": "é" * (n % 700)}, ensure_ascii=n % 2 == 0) + "\n" for n in range(3000))
    items = read(tmp_path, text)
    assert [(item.line, item.value["n"]) for item in items if isinstance(item, Record)] == [
        (n + 1, n) for n in range(3000)
    ]


def test_a_record_larger_than_a_piece_is_read_whole(tmp_path: Path) -> None:
    long = "x" * (3 * json_stream.PIECE_BYTES)
    assert values(read(tmp_path, json.dumps([{"a": long}, {"a": 2}], indent=1))) == [{"a": long}, {"a": 2}]


def test_arrays_are_told_apart(tmp_path: Path) -> None:
    items = read(tmp_path, '[{"a": 1}, {"a": 2}]\n[{"a": 3}]\n{"a": 4}\n')
    assert [(item.array, item.position) for item in items if isinstance(item, Record)] == [
        (1, 1),
        (1, 2),
        (2, 1),
        (0, 2),
    ]


@pytest.mark.parametrize("bad", ["garbage", '{"a": ', '{"a": "cut', "{'a': 1}", '{"a": 1}}', "\x00\x01\x02", '"a" b'])
def test_a_bad_line_costs_only_itself(tmp_path: Path, bad: str) -> None:
    items = read(tmp_path, f'{{"a": 1}}\n{bad}\n{{"a": 2}}\n')
    assert {"a": 1} in values(items)
    assert {"a": 2} in values(items)
    assert [item.line for item in items if isinstance(item, Skipped)] in ([2], [])
    assert values(items) != [{"a": 1}, {"a": 2}]


def test_a_bad_first_line_costs_only_itself(tmp_path: Path) -> None:
    items = read(tmp_path, 'garbage\n{"a": 2}\n')
    assert isinstance(items[0], Skipped)
    assert items[0].line == 1
    assert values(items[1:]) == [{"a": 2}]


def test_a_bad_record_of_an_indented_list_costs_only_itself(tmp_path: Path) -> None:
    good = json.dumps([{"a": {"b": n}} for n in range(3)], indent=2)
    items = read(tmp_path, good.replace('"b": 1', '"b": x1'))
    assert values(items) == [{"a": {"b": 0}}, None, {"a": {"b": 2}}]
    assert items[1].line == 7


def test_a_cut_off_list_gives_its_whole_records_and_one_skip(tmp_path: Path) -> None:
    whole = json.dumps([{"a": n, "text": "hello"} for n in range(50)])
    items = read(tmp_path, whole[:-20])
    assert values(items)[:-1] == [{"a": n, "text": "hello"} for n in range(49)]
    assert isinstance(items[-1], Skipped)
    assert "cut off" in items[-1].reason


def test_a_list_cut_off_between_records_says_so(tmp_path: Path) -> None:
    items = read(tmp_path, '[{"a": 1},')
    assert values(items) == [{"a": 1}, None]
    assert "cut off" in items[1].reason


def test_damage_in_a_list_on_one_line_says_that_the_rest_is_lost(tmp_path: Path) -> None:
    items = read(tmp_path, '[{"a": 1}, {"a": tru, "c": "' + "x" * 200 + '"}, {"a": 3}]')
    assert values(items) == [{"a": 1}, None]
    assert "nothing after it" in items[1].reason


def test_deep_nesting_is_skipped(tmp_path: Path) -> None:
    items = read(tmp_path, '{"a": ' + "[" * 100_000 + "\n" + '{"a": 2}\n')
    assert values(items) == [None, {"a": 2}]
    assert "deeply" in items[0].reason


def test_numbers_without_end_are_skipped(tmp_path: Path) -> None:
    assert values(read(tmp_path, '{"a": ' + "9" * 10_000 + '}\n{"a": 2}\n')) == [None, {"a": 2}]


def test_lone_surrogates_become_replacement_characters(tmp_path: Path) -> None:
    assert values(read(tmp_path, r'{"a": "x\ud800y", "b\udfff": ["\ud83d\ude00"]}')) == [
        {"a": "x\ufffdy", "b\ufffd": ["😀"]}
    ]


def test_invalid_utf8_becomes_replacement_characters(tmp_path: Path) -> None:
    assert values(read(tmp_path, b'{"a": "caf\xe9"}')) == [{"a": "caf\ufffd"}]


def test_a_record_over_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "RECORD_CHARS", 200_000)
    items = read(tmp_path, '{"a": "' + "x" * 1_000_000 + '"}\n{"a": 2}\n')
    assert values(items) == [None, {"a": 2}]
    assert "longer" in items[0].reason


@pytest.mark.parametrize(
    ("repeated", "count"), [('"', 200_000), ("[", 200_000), ('{"a":', 50_000), ("{\n", 60_000), (",\n", 100_000)]
)
def test_hostile_text_takes_linear_time(tmp_path: Path, repeated: str, count: int) -> None:
    assert all(isinstance(item, Skipped | Record) for item in read(tmp_path, repeated * count))
    assert growth(lambda text: read(tmp_path, text), "", repeated, "", count) < LINEAR


def test_key_lines_finds_each_key_with_its_line(tmp_path: Path) -> None:
    (record,) = read(tmp_path, '\n{"x": [\n {"id": "m1", "t": "a \\"id\\": \\"no\\""},\n\n {"id": 5}]}')
    assert isinstance(record, Record)
    assert key_lines(record, "id") == [("m1", 3), ("", 5)]
