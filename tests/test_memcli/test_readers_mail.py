"""Mail: mailboxes, single mails, broken headers, charsets, quotes, threads."""

import base64
from datetime import UTC, datetime, timedelta, timezone
from itertools import permutations
from pathlib import Path

import pytest

from memcli.ingest.readers import mail, mail_box, mail_headers, mail_words
from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Skipped, Source

ANN = "From: Ann Lee <ann@example.com>\nDate: Fri, 1 Mar 2024 09:30:00 +0100\n"


def source(tmp_path: Path, data: str | bytes, name: str = "box.mbox") -> Source:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return Source(uri=str(path), path=path)


def read(tmp_path: Path, data: str | bytes, name: str = "box.mbox") -> list[Item]:
    return list(mail.READER.read(source(tmp_path, data, name)))


def turns(items: list[Item]) -> list[RawTurn]:
    return [item for item in items if isinstance(item, RawTurn)]


def box(*mails: str) -> str:
    return "\n".join(f"From ann@example.com Fri Mar  1 09:30:00 2024\n{one}\n" for one in mails)


def test_a_mail(tmp_path: Path) -> None:
    items = read(tmp_path, ANN + "Subject: Re: [list] Lunch\nMessage-ID: <a@x>\n\nAt noon?\n", "1.eml")
    assert items == [
        RawSession(native_id="subject:lunch", title="Lunch"),
        RawTurn(
            speaker="Ann Lee",
            speaker_key="ann@example.com",
            text="At noon?",
            said_at=datetime(2024, 3, 1, 9, 30, tzinfo=timezone(timedelta(hours=1))),
            line=1,
            native_id="a@x",
        ),
    ]


def test_a_mailbox_has_the_lines_of_its_mails(tmp_path: Path) -> None:
    items = read(tmp_path, box(ANN + "Message-ID: <a@x>\n\none", ANN + "Message-ID: <b@x>\n\n>From here\n> quoted"))
    assert [(turn.text, turn.line) for turn in turns(items)] == [("one", 1), ("From here", 8)]


def test_a_line_that_begins_with_from_is_no_mail(tmp_path: Path) -> None:
    text = box(ANN + "\nFrom here on it is easy.\n\nFrom there: it is not.\n\nFrom me\n\nbye")
    assert [turn.text for turn in turns(read(tmp_path, text))] == [
        "From here on it is easy.\n\nFrom there: it is not.\n\nFrom me\n\nbye"
    ]


def test_carriage_returns_and_a_byte_order_mark(tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf" + box(ANN + "\nhi\nyou", ANN + "\nho").replace("\n", "\r\n").encode()
    assert [turn.text for turn in turns(read(tmp_path, data))] == ["hi\nyou", "ho"]


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [
        ("utf-8", "Grüße".encode(), "Grüße"),
        ("iso-8859-1", "Grüße".encode("latin-1"), "Grüße"),
        ("iso-8859-1", "Grüße".encode(), "Grüße"),  # says Latin-1, is UTF-8
        ("us-ascii", "Grüße".encode(), "Grüße"),
        ("utf-8", "Grüße".encode("latin-1"), "Grüße"),  # says UTF-8, is Latin-1
        ("iso-8859-1", "“Grüße”".encode("cp1252"), "“Grüße”"),
        ("iso-8859-15", "5 €".encode("iso-8859-15"), "5 €"),
        ("koi8-r", "Привет".encode("koi8-r"), "Привет"),
        ("iso-2022-jp", "こんにちは".encode("iso-2022-jp"), "こんにちは"),
        ("gb2312", "你好".encode("gb2312"), "你好"),
        ("x-unknown", "Grüße".encode(), "Grüße"),
        ("rot13", b"hello", "hello"),
        ("", "Grüße".encode("latin-1"), "Grüße"),
    ],
)
def test_charsets(tmp_path: Path, charset: str, body: bytes, text: str) -> None:
    data = ANN.encode() + f"Content-Type: text/plain; charset={charset}\n\n".encode() + body
    assert [turn.text for turn in turns(read(tmp_path, data))] == [text]


@pytest.mark.parametrize(
    ("header", "name", "address"),
    [
        ("Ann Lee <Ann@Example.com>", "Ann Lee", "ann@example.com"),
        ('"Lee, Ann" <ann@x.de>', "Lee, Ann", "ann@x.de"),
        ("ann@x.de", "ann@x.de", "ann@x.de"),
        ("ann@x.de (Ann Lee)", "Ann Lee", "ann@x.de"),
        ("ann at x.de (Ann Lee)", "Ann Lee", "ann@x.de"),
        ("=?UTF-8?Q?J=C3=BCrgen_Gro=C3=9F?= <j@x.de>", "Jürgen Groß", "j@x.de"),
        ("=?utf-8?b?5L2g5aW9?= <n@x.cn>", "你好", "n@x.cn"),
        ("=?ISO-8859-1?Q?G=F6ran?=\n =?ISO-8859-1?Q?_L=2C?= <g@x.se>", "Göran L,", "g@x.se"),
        ("=?utf-8?q?Ann=2C_Lee?= <ann@x.de>", "Ann, Lee", "ann@x.de"),
        ("=?nonsense?q?Ann?= <ann@x.de>", "Ann", "ann@x.de"),
        ("Jürgen <j@x.de>", "Jürgen", "j@x.de"),
    ],
)
def test_senders(tmp_path: Path, header: str, name: str, address: str) -> None:
    (turn,) = turns(read(tmp_path, f"From: {header}\nSubject: x\n\nhi\n"))
    assert (turn.speaker, turn.speaker_key) == (name, address)


@pytest.mark.parametrize(
    ("headers", "said_at", "said_by"),
    [
        ("Date: Fri, 1 Mar 2024 09:30:00 -0500 (EST)", "2024-03-01T09:30:00-05:00", None),
        ("Date: 1 Mar 24 09:30 GMT", "2024-03-01T09:30:00+00:00", None),
        ("Date: Fri, 1 Mar 2024 09:30:00 -0000", "2024-03-01T09:30:00+00:00", None),
        ("Date: Fri, 1 Mar 2024 09:30:00 Nowhere", "2024-03-01T09:30:00", None),
        ("Date: yesterday", "2024-03-01T09:30:00", "From line"),
        (
            "Date: Fri, 1 Mar 2024 09:30:00 Nowhere\nReceived: by b; Fri, 1 Mar 2024 08:31:00 +0000\n"
            "Received: by a; Fri, 1 Mar 2024 08:30:05 +0000",
            "2024-03-01T08:30:05+00:00",
            "Received",
        ),
        ("Date: Fri, 99 Mar 2024 09:30:00 +9999", "2024-03-01T09:30:00", "From line"),
    ],
)
def test_dates(tmp_path: Path, headers: str, said_at: str, said_by: str | None) -> None:
    (turn,) = turns(read(tmp_path, box(f"From: ann@x.de\n{headers}\n\nhi")))
    assert turn.said_at == datetime.fromisoformat(said_at)
    assert turn.metadata.get("time_from") == said_by


def test_a_mail_without_any_time_is_read(tmp_path: Path) -> None:
    (turn,) = turns(read(tmp_path, "From: ann@x.de\nSubject: x\n\nhi\n"))
    assert turn.said_at is None


MULTIPART = """MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=AA

--AA
Content-Type: multipart/alternative; boundary=BB

--BB
Content-Type: text/plain; charset=utf-8

plain words
--BB
Content-Type: text/html; charset=utf-8

<p>html words</p>
--BB--
--AA
Content-Type: application/pdf; name="=?utf-8?q?Pl=C3=A4ne.pdf?="
Content-Disposition: attachment
Content-Transfer-Encoding: base64

AAAA
--AA
Content-Type: text/plain
Content-Disposition: attachment; filename*=utf-8''a%20b.txt

not said
--AA--
"""


def test_parts_and_attachments(tmp_path: Path) -> None:
    (turn,) = turns(read(tmp_path, ANN + MULTIPART))
    assert turn.text == "plain words"
    assert turn.metadata == {"attachments": ["Pläne.pdf", "a b.txt"]}
    (turn,) = turns(read(tmp_path, ANN + MULTIPART.replace("plain words", "")))
    assert turn.text == "html words"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two<br>three &amp; four</p>", "one\n\ntwo\nthree & four"),
        ("<style>x{}</style><script>y()</script><b>bold</b> word", "bold word"),
        ("yes<div class='gmail_quote'>On Monday Ann wrote:<blockquote>no</blockquote></div>", "yes"),
        ("yes<blockquote type='cite'>no</blockquote>maybe", "yes maybe"),
        ("yes<div id='divRplyFwdMsg'>From: Ann</div><div>no</div>", "yes"),
        ("yes<div class='gmail_signature'>-- <br>Ann</div>", "yes"),
    ],
)
def test_html(tmp_path: Path, html: str, text: str) -> None:
    (turn,) = turns(read(tmp_path, f"{ANN}Content-Type: text/html; charset=utf-8\n\n<html><body>{html}</body></html>"))
    assert " ".join(turn.text.split()) == " ".join(text.split())


@pytest.mark.parametrize(
    ("written", "own"),
    [
        ("yes\n\n> no\n> no", "yes"),
        ("On Mon, 3 Mar 2024 at 10:00, Bob <b@x> wrote:\n> Lunch?\nyes\n> Where?\nhere", "yes\nhere"),
        ("yes\n\nOn Mon, Mar 3, 2024 at 10:00 AM Bob the Builder\n<bob@example.com> wrote:\n\n> Lunch?", "yes"),
        ("ja\n\nAm 03.03.24 um 10:00 schrieb Bob:\n> Mittag?", "ja"),
        ("oui\n\nLe lun. 3 mars 2024 à 10:00, Bob <b@x> a écrit :\n> Midi ?", "oui"),
        ("2024-03-03 10:00 GMT+02:00 Bob <bob at x.de>:\n\n> no", ""),
        ("yes\nBob wrote:\n> no", "yes"),
        ("There are three reasons:\n> no", "There are three reasons:"),
        ("In 2019 we saw this:\n> no", "In 2019 we saw this:"),
        ("yes\n-----Original Message-----\nFrom: Bob\nno", "yes"),
        ("yes\n\n________________________________\nFrom: Bob\nSent: Monday\nTo: Ann\n\nno", "yes"),
        ("ja\n\nVon: Bob\nGesendet: Montag\nAn: Ann\nBetreff: x\n\nnein", "ja"),
        ("---------- Forwarded message ---------\nFrom: Bob\nDate: Monday\n\nnews", None),
        ("yes\n-- \nAnn Lee\nCompany\n\n> no", "yes"),
        ("yes\n--\nAnn Lee", "yes"),
        ("a\n--\n" + "b\n" * 20, "a\n--\n" + "b\n" * 19 + "b"),
        ("yes\n_______________________________________________\nDev mailing list\nDev@x\nhttps://x", "yes"),
        ("a\n\n\n\n\nb", "a\n\nb"),
        ("if a > b\n  >> c", "if a > b"),
    ],
)
def test_own_words(written: str, own: str | None) -> None:
    found, names = mail_words.own_words(written)
    assert found == (written if own is None else own)
    assert names == []


def test_what_a_list_scrubbed_is_named() -> None:
    text = (
        "yes\n-------------- next part --------------\nA non-text attachment was scrubbed...\nName: plan.pdf\n"
        "Type: application/pdf\nURL: <http://x/>\n\nand more"
    )
    assert mail_words.own_words(text) == ("yes\nand more", ["plan.pdf"])


def test_flowed_text(tmp_path: Path) -> None:
    data = ANN + "Content-Type: text/plain; format=flowed\n\nA line that \ngoes on\nand ends\n> q \n> r\n-- \nAnn"
    assert [turn.text for turn in turns(read(tmp_path, data))] == ["A line that goes on\nand ends"]
    assert mail_words.unflow("ab \ncd", delete_space=True) == "abcd"


def threaded(number: int, headers: str) -> str:
    return f"{ANN}Message-ID: <{number}@x>\n{headers}\n\ntext {number}"


THREAD = [
    threaded(1, "Subject: Lunch"),
    threaded(2, "Subject: Re: Lunch\nIn-Reply-To: <1@x>"),
    threaded(3, "Subject: AW: Lunch\nIn-Reply-To: <2@x>"),
    threaded(4, "Subject: Re: Lunch\nReferences: <1@x>\n <2@x>\nIn-Reply-To: <2@x>"),
    threaded(5, "Subject: Re: [team] Lunch"),
    threaded(6, "Subject: Dinner"),
]


def test_threads_do_not_depend_on_the_order(tmp_path: Path) -> None:
    for order in list(permutations(THREAD))[::37]:
        session, found = None, dict[str, str | None]()
        for item in read(tmp_path, box(*order)):
            if isinstance(item, RawSession):
                session = item.native_id
            elif isinstance(item, RawTurn):
                found[item.text] = session
        assert found == {f"text {n}": "6@x" if n == 6 else "1@x" for n in range(1, 7)}


def test_a_mail_alone_has_the_session_that_it_has_in_a_mailbox(tmp_path: Path) -> None:
    for mail_text in (THREAD[0], THREAD[1], THREAD[3], THREAD[5]):
        alone = read(tmp_path, mail_text, "1.eml")
        assert alone[0] in read(tmp_path, box(*THREAD))


def test_a_newer_mailbox_keeps_the_ids(tmp_path: Path) -> None:
    def found(*mails: str) -> dict[str | None, tuple[str | None, str]]:
        session, ids = None, dict[str | None, tuple[str | None, str]]()
        for item in read(tmp_path, box(*mails)):
            if isinstance(item, RawSession):
                session = item.native_id
            elif isinstance(item, RawTurn):
                ids[item.native_id] = (session, item.text)
        return ids

    older, newer = found(*THREAD[:4]), found(*THREAD)
    assert older.items() <= newer.items()


def test_references_in_a_circle_end(tmp_path: Path) -> None:
    circle = [threaded(1, "In-Reply-To: <2@x>"), threaded(2, "In-Reply-To: <1@x>")]
    assert len(turns(read(tmp_path, box(*circle)))) == 2


def test_the_same_mail_twice_is_read_once(tmp_path: Path) -> None:
    items = read(tmp_path, box(THREAD[0], "X-Folder: Sent\n" + THREAD[0]))
    assert [type(item) for item in items] == [RawSession, RawTurn, Ignored]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("\n", "empty message"),
        ("\n> no\n> no", "a mail of nothing but quotes and signature"),
        ("Content-Type: image/png; name=a.png\nContent-Disposition: inline\n\nxx", "media without words"),
        ("Content-Type: text/calendar\n\nBEGIN:VCALENDAR", "empty message"),
    ],
)
def test_what_is_no_utterance(tmp_path: Path, body: str, reason: str) -> None:
    assert read(tmp_path, ANN + body) == [Ignored(reason=reason)]


def test_what_cannot_be_read_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = read(tmp_path, box("Subject: x\nDate: y\n\nhi", ANN + "\nho"))
    assert [(item.line, item.reason) for item in items if isinstance(item, Skipped)] == [(1, "a mail without a sender")]
    monkeypatch.setattr(mail_box, "MESSAGE_BYTES", 300)
    items = read(tmp_path, box(ANN + "\n" + "x\n" * 200, ANN + "\nho"))
    assert [item.line for item in items if isinstance(item, Skipped)] == [1]
    assert [turn.text for turn in turns(items)] == ["ho"]


def test_of_a_large_attachment_little_is_kept(tmp_path: Path) -> None:
    encoded = ("A" * 76 + "\n") * 40_000
    text = box(ANN + MULTIPART.replace("AAAA\n", encoded), ANN + "\nho")
    first, _ = mail_box.mails(source(tmp_path, text))
    assert sum(map(len, first.lines)) < 100_000
    found = turns(read(tmp_path, text))
    assert [turn.text for turn in found] == ["plain words", "ho"]
    assert found[0].metadata == {"attachments": ["Pläne.pdf", "a b.txt"]}
    assert found[1].line == text[: text.index("\nFrom ann", 10)].count("\n") + 2


def test_a_long_text_in_base64_is_kept(tmp_path: Path) -> None:
    words = "word " * 50_000
    encoded = base64.encodebytes(words.encode()).decode()
    text = f"{ANN}Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n{encoded}"
    assert [turn.text for turn in turns(read(tmp_path, text))] == [words.strip()]


def test_deeply_nested_parts_end(tmp_path: Path) -> None:
    nested = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n" for n in range(3000))
    assert all(isinstance(item, Skipped | Ignored) for item in read(tmp_path, ANN + nested))


@pytest.mark.parametrize(
    ("subject", "bare", "reply"),
    [
        ("Re: Fwd: [list] Re[2]: Lunch", "Lunch", True),
        ("[list] AW: Lunch", "Lunch", True),
        ("Lunch: when?", "Lunch: when?", False),
        ("回复：午饭", "午饭", True),
        ("Re:", "Re:", True),
    ],
)
def test_subjects(subject: str, bare: str, reply: bool) -> None:
    assert (mail_headers.bare_subject(subject), mail_headers.is_reply(subject)) == (bare, reply)


@pytest.mark.parametrize(
    ("data", "sure"),
    [
        (ANN + "Subject: x\n\nhi", True),
        (box(ANN + "\nhi"), True),
        ("Return-Path: <a@x>\nReceived: by x;\n y\nFrom: a@x\n\nhi", True),
        ("From: Ann\nTo: Bob\nAnn: hi\nBob: ho\nAnn: hi", False),
        ("From here to there\nit is far.", False),
        ("Ann: hi\nBob: ho\nAnn: he", False),
        ("title: x\ndate: 2024-01-01\n\nA page with front matter", False),
    ],
)
def test_sniff(tmp_path: Path, data: str, sure: bool) -> None:
    assert (mail.READER.sniff(source(tmp_path, data)) > 0.9) == sure


def test_aware_times_are_what_they_say(tmp_path: Path) -> None:
    (turn,) = turns(read(tmp_path, ANN + "\nhi"))
    assert turn.said_at is not None
    assert turn.said_at.astimezone(UTC) == datetime(2024, 3, 1, 8, 30, tzinfo=UTC)
