"""What the sender of a mail wrote himself: without quotes, signatures and the footers of mailing lists. Pure.

The rules, all on lines, none guessing from the meaning of words:

- RFC 3676 4.5: a line that starts with ">" is quoted; the line (or two) that introduces it, which ends with a colon and
  names a time or an address ("On Mon, Ann wrote:"), goes with it.
- RFC 3676 4.3: what follows a line "-- " is the signature; "--" alone counts too where eight lines or fewer follow.
- "-----Original Message-----" and the header block by which Outlook introduces a quote (From:, Sent:, To:, Subject: in
  the languages of its larger markets) end the mail, unless they begin it: then it is a forward, and is kept, as is
  what follows "Forwarded message".
- Mailman puts a line of underscores and "X mailing list" at the end, and a mark in place of what it scrubbed.
"""

from __future__ import annotations

import re

from memcli.patterns import regex

_SIGNATURE_LINES = 8
_INTRODUCTION_CHARS = 300

_QUOTED = regex(r"[ \t]{0,3}(?:>|\|[ \t]?>|[A-Za-z]{1,4}>(?=[ >]))")
_WROTE = (
    r"\b(?:wrote|writes|said|schrieb|a écrit|escribió|ha scritto|schreef|escreveu|skrev|napsala?|pisze|napisała?"
    r"|написала?|пише)\b"
)
# "On Mon, 3 Mar 2024, Ann wrote:", "Am 03.03.24 um 10:00 schrieb Ann:", "2016-04-14 11:06 GMT+02:00 Ann <a@b>:"
_INTRODUCTION = regex(
    r"(?:On|At|In article|Am|Le|El|Il|Op|Em|Den|Dne|W dniu|Pe|\d{4}[-/.年])\b.{0,200}(?:\d[:.h]\d\d|\d{4}|@)"
    rf".{{0,200}}(?:{_WROTE}.{{0,80}}|<[^<>]+>|写道|寫道)[ \u00a0]?[:：]"
)
_SHORT_INTRODUCTION = regex(rf"[^:<>@]{{1,60}}{_WROTE}[ \u00a0]?:")
_FORWARDED = regex(
    r"\s*-{2,}\s*(?:Forwarded message|Weitergeleitete Nachricht|Message transféré|Mensaje reenviado"
    r"|Messaggio inoltrato|Doorgestuurd bericht|Mensagem encaminhada|Пересылаемое сообщение)\b"
    r"|\s*Begin forwarded message:",
    re.IGNORECASE,
)
_ORIGINAL = regex(
    r"\s*-{2,}\s*(?:Original Message|Original-Nachricht|Ursprüngliche Nachricht|Message d'origine|Mensaje original"
    r"|Messaggio originale|Oorspronkelijk bericht|Mensagem original|Ursprungligt meddelande|Исходное сообщение"
    r"|Original Appointment)\s*-{2,}\s*",
    re.IGNORECASE,
)
_FROM = regex(r"\s*\*?(?:From|Von|De|Da|Van|Från|Fra|От|发件人|寄件者|差出人)\s?:\*?\s.*", re.IGNORECASE)
_SENT = regex(
    r"\s*\*?(?:Sent|Date|Gesendet|Datum|Envoyé|Enviado(?: el)?|Fecha|Inviato|Data|Verzonden|Skickat|Sendt"
    r"|Отправлено|Дата|发送时间|日期|送信日時)\s?:\*?\s.*",
    re.IGNORECASE,
)
_UNDERLINE = regex(r"\s*_{20,}\s*")
_LIST_FOOTER = regex(r".*(?:mailing list|listinfo|unsubscribe|Mailing-Liste).*", re.IGNORECASE)
_SCRUBBED = regex(r"-{10,} next part -{10,}")
_SCRUBBED_NAME = regex(r"Name: (.{1,200})")
_SCRUBBED_HEAD = regex(
    r"(?:An? (?:HTML|non-text|embedded|embedded and charset-unspecified) (?:attachment|message|text) was scrubbed"
    r"|URL: <|Name: |Type: |Size: |Desc: |From: |Subject: |Date: |To: |Cc: |Skipped content of type )"
)


def own_words(text: str) -> tuple[str, list[str]]:
    """What the sender wrote, and the names of the attachments that a mailing list put marks in the place of."""
    lines, names = _without_scrubbed(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    lines = _without_tail(lines)
    kept = _without_quotes(lines)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in kept)).strip(), names


def unflow(text: str, *, delete_space: bool) -> str:
    """Text of format=flowed (RFC 3676) with its soft line breaks, a space at the end of a line, taken out."""
    out: list[list[str]] = []
    soft, depth = False, 0
    for line in text.replace("\r\n", "\n").split("\n"):
        bare = line.lstrip(">")
        now = len(line) - len(bare)
        bare = bare.removeprefix(" ")
        flows = bare.endswith(" ") and bare != "-- "
        words = bare[:-1] if flows and delete_space else bare
        if soft and now == depth and bare != "-- ":
            out[-1].append(words)
        else:
            out.append([f"{'>' * now} {words}" if now else words])
        soft, depth = flows, now
    return "\n".join("".join(line) for line in out)


def _without_scrubbed(lines: list[str]) -> tuple[list[str], list[str]]:
    kept: list[str] = []
    names: list[str] = []
    scrubbing = False
    for line in lines:
        if _SCRUBBED.match(line):
            scrubbing = True
            continue
        if scrubbing:
            if found := _SCRUBBED_NAME.match(line):
                names.append(found[1].strip())
            if _SCRUBBED_HEAD.match(line) or not line.strip():
                continue
            scrubbing = False
        kept.append(line)
    return kept, names


def _without_tail(lines: list[str]) -> list[str]:
    """Without the signature, the footer of the list, and all that a mail program quoted under a heading."""
    said = False
    for number, line in enumerate(lines):
        if line.startswith(("--", "__", " _")):
            after = [other for other in lines[number + 1 : number + 2 + _SIGNATURE_LINES] if other.strip()]
            if line == "-- " or (line.rstrip() == "--" and len(after) <= _SIGNATURE_LINES):
                # A signature above the quote that it answers: what is quoted is cut away as well.
                return lines[:number]
            if _UNDERLINE.fullmatch(line) and (
                _LIST_FOOTER.match(" ".join(after[:3])) or (len(after) > 1 and _FROM.fullmatch(after[0]))
            ):
                return lines[:number]
        if _FORWARDED.match(line):
            return lines
        if said and (_ORIGINAL.fullmatch(line) or _outlook_heading(lines, number)):
            return lines[:number]
        said = said or bool(line.strip())
    return lines


def _outlook_heading(lines: list[str], number: int) -> bool:
    if not _FROM.fullmatch(lines[number]):
        return False
    return any(_SENT.fullmatch(line) for line in lines[number + 1 : number + 4])


def _without_quotes(lines: list[str]) -> list[str]:
    kept: list[str] = []
    quoting = False
    for line in lines:
        quoted = _QUOTED.match(line) is not None
        if not quoted:
            kept.append(line)
        elif not quoting:
            _drop_introduction(kept)
        quoting = quoted
    return kept


def _drop_introduction(kept: list[str]) -> None:
    """Take the lines that introduce a quote off the end: one, or two where a long one was wrapped."""
    last = len(kept)
    while last and not kept[last - 1].strip():
        last -= 1
    if not last or not kept[last - 1].rstrip().endswith((":", "：")):
        return
    for size in (1, 2):
        written = " ".join(line.strip() for line in kept[max(0, last - size) : last])
        if len(written) > _INTRODUCTION_CHARS:
            return
        if _INTRODUCTION.fullmatch(written) or (size == 1 and _SHORT_INTRODUCTION.fullmatch(written)):
            del kept[max(0, last - size) :]
            return
