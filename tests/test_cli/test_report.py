"""The page of a memory: it shows what is there, opens in a real browser without a complaint, and no text breaks out."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import lxml.html
import pytest

HOSTILE = [
    '<script>document.title = "owned"</script>',
    '"><img src=x onerror="document.title=\'owned\'"><b>',
    "</div></section></script><script>document.title = 1</script>",
    "</style><style>body { display: none }</style>",
    "javascript:alert(1) <a href='javascript:alert(1)'>here</a> &lt;i&gt; {{7*7}} <!-- ",
]
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")


@pytest.fixture
def hostile_page(memcli, write_turns):
    turns = [
        {"session": name, "speaker": name, "time": f"2024-05-0{at + 1}T10:00:00Z", "text": text}
        for at, text in enumerate(HOSTILE)
        for name in (text,)
    ]
    turns.append({"session": "s", "speaker": "Ana", "time": "2024-06-01T10:00:00Z", "text": "I live in Lisbon."})
    assert memcli("ingest", write_turns("talk.jsonl", *turns)).code == 0
    memcli("consolidate")
    done = memcli("report", "memory.html")
    assert (done.code, done.out) == (0, ""), done.err
    return memcli.home / "memory.html"


def in_browser(page: Path, fragment: str = "") -> tuple[lxml.html.HtmlElement, str]:
    """The page as a real browser has made it, its script included, and what the browser complained of."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip(f"no browser here: none of {', '.join(BROWSERS)}")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--dump-dom"]
    done = subprocess.run([*command, f"file://{page}{fragment}"], capture_output=True, text=True, timeout=120)
    complaints = "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)
    return lxml.html.document_fromstring(done.stdout), complaints


def test_it_shows_what_the_memory_holds(story, tmp_path):
    memcli, memory = story
    page = tmp_path / "memory.html"
    assert memcli("--memory", memory, "report", page, "--now", "2025-01-01").code == 0
    assert page.stat().st_mode & 0o077 == 0
    tree = lxml.html.parse(str(page)).getroot()
    titles = [one.text for one in tree.iter("h2")]
    assert titles == [
        "What is in it", "When it was said", "How it grew", "What stays, and what fades", "Who speaks",
        "Whom and what it is about", "What is known", "Scenes", "The latest turns",
    ]  # fmt: skip
    assert len(list(tree.iter("svg"))) == 4
    assert "Maya" in tree.text_content()
    refused = memcli("--memory", memory, "report", page)
    assert (refused.code, "--force" in refused.err) == (2, True)
    written = memcli("--memory", memory, "--json", "report", page, "--force", "--turns", "0").json
    assert written["bytes"] == page.stat().st_size
    assert "Kipper" not in lxml.html.parse(str(page)).getroot().xpath("string(//section[last()])")


def test_nothing_said_becomes_markup_and_nothing_is_loaded(hostile_page):
    tree = lxml.html.parse(str(hostile_page)).getroot()
    assert len(list(tree.iter("script"))) == 1
    assert len(list(tree.iter("style"))) == 1
    assert not list(tree.iter("img", "a", "b", "i", "iframe", "link", "object"))
    assert not [name for one in tree.iter() for name in one.attrib if name.startswith("on") or name in ("src", "href")]
    text = tree.text_content()
    assert all(said in text for said in HOSTILE)
    policy = tree.xpath("string(//meta[@http-equiv='Content-Security-Policy']/@content)")
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_a_browser_opens_it_without_a_complaint_and_its_search_works(hostile_page):
    tree, complaints = in_browser(hostile_page)
    assert complaints == ""
    assert tree.findtext(".//title") == "Memory default"
    assert not [one for one in tree.xpath("//*[@data-entry]") if "hidden" in one.attrib]
    found, complaints = in_browser(hostile_page, f"#q={quote('LISBON live')}")
    assert complaints == ""
    shown = [one.text_content() for one in found.xpath("//*[@data-entry and not(@hidden)]")]
    assert shown
    assert all("live in lisbon" in text.lower() for text in shown)
    assert f"{len(shown)} of" in found.xpath("string(//*[@id='shown'])")


def test_a_browser_lets_nothing_else_run(hostile_page):
    """The page's own policy holds even where a text would have become markup."""
    text = hostile_page.read_text()
    broken = hostile_page.with_name("broken.html")
    broken.write_text(text.replace("<h1>", "<script>document.title = 'owned'</script><img src='https://x.test/x'><h1>"))
    tree, complaints = in_browser(broken)
    assert tree.findtext(".//title") == "Memory default"
    assert "Content Security Policy" in complaints
