"""Secrets are taken out, and talk about secrets is not."""

import pytest
from growth import LINEAR, growth, least

from memcli.ids import content_id
from memcli.ingest.redact import redact
from memcli.ingest.redact_rules import RULES

# Put together here, so that no scanner takes this file for a leak.
AWS = "AKIA" + "IOSFODNN7EXAMPLE"
GITHUB = "ghp_" + "a1B2" * 9
PEM = "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIEpAIBAAKCAQEA+x/y=\nabc\n-----END RSA PRIVATE " + "KEY-----"


@pytest.mark.parametrize(
    ("kind", "secret"),
    [
        ("private key", PEM),
        ("private key", "-----BEGIN OPENSSH PRIVATE " + "KEY-----\nb3BlbnNzaC1rZXk"),
        ("AWS key", AWS),
        ("GitHub token", GITHUB),
        ("GitHub token", "github_pat_" + "a" * 22 + "_" + "b" * 59),
        ("GitLab token", "glpat-" + "x1" * 10),
        ("Slack token", "xoxb-" + "123456789012-123456789012-abcdefghijkl"),
        ("OpenAI key", "sk-" + "a1" * 24),
        ("OpenAI key", "sk-proj-" + "a1_-" * 20),
        ("Anthropic key", "sk-ant-api03-" + "a1_-" * 20),
        ("Stripe key", "sk_live_" + "a1" * 12),
        ("Google key", "AIza" + "a" * 35),
        ("Google key", "ya29." + "a" * 60),
        ("JWT", "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0" + ".dozjgNryP4J3jVmNHl0w5N"),
        ("Hugging Face token", "hf_" + "aBcDeFgH" * 4 + "iJ"),
        ("Azure key", "abc8Q~" + "a1B2_-.~" * 4),
        ("npm token", "npm_" + "a1B2" * 9),
        ("PyPI token", "pypi-AgEI" + "cHlwaS5vcmc" + "a1_-" * 20),
        ("Twilio key", "SK" + "0a1b" * 8),
        ("SendGrid key", "SG." + "a1" * 11 + "." + "b2" * 21 + "c"),
        ("Telegram token", "123456789:A" + "aB1_" * 8 + "x-"),
        ("Discord token", "MTIzNDU2Nzg5MDEyMzQ1Njc4" + ".Gabcde." + "aB1_" * 7),
        ("API key", "dop_v1_" + "0a1b" * 16),
        ("API key", "glsa_" + "aB12" * 8 + "_0a1b2c3d"),
        ("API key", "hvs." + "aB1_" * 24),
        ("API key", "key-" + "0a1b" * 8),
        ("API key", "0a1b" * 8 + "-us12"),
        ("private key", "AGE-SECRET-KEY-1" + "QPZRY9X8" * 7 + "QQ"),
        ("card number", "4111 1111 1111 1111"),
        ("card number", "5500-0000-0000-0004"),
        ("card number", "340000000000009"),
        ("card number", "3782 822463 10005"),
        ("card number", "6011000000000004"),
    ],
)
@pytest.mark.parametrize("around", ["{}", "my key is {}, keep it", "({})", 'x = "{}"'])
def test_secrets(kind: str, secret: str, around: str) -> None:
    text, kinds = redact(around.format(secret))
    if not (kind == "private key" and "END" not in secret):  # a key that is cut off takes the rest along
        assert text == around.format(f"[redacted: {kind}]")
    assert kinds == (kind,)
    assert secret not in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://ann:s3cret@example.com/x", "https://ann:[redacted: URL password]@example.com/x"),
        ("postgres://u:p%40ss@db:5432/x", "postgres://u:[redacted: URL password]@db:5432/x"),
        ("DB_PASSWORD=swordfish", "DB_PASSWORD=[redacted: password]"),
        ("mount -o username=ann,password=foobar //x", "mount -o username=ann,password=[redacted: password] //x"),
        ("password: hunter22", "password: [redacted: password]"),
        ("Password: swordfish\nsee you", "Password: [redacted: password]\nsee you"),
        ('"api_key": "abc123def456"', '"api_key": "[redacted: password]"'),
        ("my password is hunter22!", "my password is [redacted: password]!"),
        ("aws_secret_access_key=wJalrXUtnFEMI/K7MDENG", "aws_secret_access_key=[redacted: password]"),
        ("Authorization: Basic YW5uOnMzY3JldHM0", "Authorization: Basic [redacted: Authorization header]"),
        ("-H 'authorization: bearer abc.def-123_4567'", "-H 'authorization: bearer [redacted: Authorization header]'"),
        ("send Bearer 0123456789abcdef along", "send Bearer [redacted: Authorization header] along"),
        ("X-Api-Key: abc123def456", "X-Api-Key: [redacted: password]"),
        ("curl -s -u ann:s3cret https://example.com", "curl -s -u ann:[redacted: password] https://example.com"),
        ("curl --user 'ann:hunter' example.com", "curl --user 'ann:[redacted: password]' example.com"),
        ("AccountKey=" + "a1B+" * 21 + "ab==;x", "AccountKey=[redacted: Azure key];x"),
        ("//registry.example.org/:_authToken=npm_ab12", "//registry.example.org/:_authToken=[redacted: npm token]"),
        ("api/webhooks/123456789012345678/" + "aB1_" * 17, "api/webhooks/[redacted: Discord token]"),
    ],
)
def test_passwords(text: str, expected: str) -> None:
    redacted, kinds = redact(text)
    assert redacted == expected
    assert len(kinds) == 1


@pytest.mark.parametrize(
    "text",
    [
        "my password is too short",
        "the password is case-sensitive",
        "password: what should I choose?",
        "what's the password: I forgot it again, sorry",
        "password=<your password>",
        "PASSWORD=$SECRET",
        "password: ****",
        "the token is expired",
        "a secret: never mind, I will tell you tomorrow",
        "the key is under the mat",
        "order 4111111111111112 arrived",
        "call me at 0049 151 1234 5678",
        "1709285400250 and 20240301093000",
        "https://example.com:8080/a@b",
        "http://user@example.com",
        "mail me: ann@example.com",
        "sk-learn-and-other-libraries-with-long-names",
        "task-force-sk-something",
        "AKIA is a prefix",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "uuid 123e4567-e89b-12d3-a456-426614174000",
        "PWD=/var/log",
        "the bearer of bad news",
        "basic install/ubuntu-14.04-desktop-amd64",
        "a token of appreciation 2024",
        "curl -u is how you name a user: see the manual",
        "curl -u $USER:$PASS https://example.com",
        "call 12345678:And then we will all of us be going there",
        "SKIING.IN.AUSTRIA.2024.with.friends",
        "my IBAN is DE89 3704 0044 0532 0130 00",
        "hf_hub_download(repo_id)",
        "key-value-stores-are-simple-databases",
        "",
    ],
)
def test_talk_is_left_alone(text: str) -> None:
    assert redact(text) == (text, ())


def test_many_secrets_are_each_taken_and_told_once() -> None:
    text, kinds = redact(f"{AWS} {GITHUB} {AWS} 4111111111111111")
    assert text == "[redacted: AWS key] [redacted: GitHub token] [redacted: AWS key] [redacted: card number]"
    assert kinds == ("AWS key", "GitHub token", "card number")


@pytest.mark.parametrize(
    ("head", "repeated", "tail", "count"),
    [
        ("-----BEGIN PRIVATE ", "KEY-----\n", "", 12_500),
        ("", "password:", "", 25_000),
        ("", "password=", "", 25_000),
        ("", "password is a1", "", 12_500),
        ("", "://a:", "", 50_000),
        ("", "eyJ", "", 75_000),
        ("eyJ", "a", "", 250_000),
        ("", "4111 ", "", 50_000),
        ("sk-", "a", "", 250_000),
        ("", "a_", "secret=", 100_000),
        ("", "xoxb-", "", 50_000),
        ("", " ", "password", 250_000),
        ("", "curl -u ", "", 31_250),
        ("", "curl -u a:", "", 25_000),
        ("", "bearer ", "", 37_500),
        ("", "authorization: token ", "", 12_500),
        ("", "MTa.", "", 62_500),
        ("", "SG.", "", 75_000),
        ("", "1234567:A", "", 25_000),
        ("", "AccountKey=", "", 22_500),
        ("", "Q~", "", 125_000),
    ],
)
def test_hostile_text_takes_linear_time(head: str, repeated: str, tail: str, count: int) -> None:
    assert growth(redact, head, repeated, tail, count) < LINEAR
    once, _ = redact(f"{head}{repeated * count}{tail}")
    assert redact(once)[0] == once


@pytest.mark.parametrize("words", [0, 5_000])
def test_a_secret_is_found_in_a_text_of_any_length(words: int) -> None:
    around = "of which much was said, " * words
    assert redact(f"{around}PassWord=hunter2secret {around}") == (
        f"{around}PassWord=[redacted: password] {around}", ("password",),
    )  # fmt: skip


def test_ordinary_text_costs_little() -> None:
    """No more than some ids, of which each turn is given three."""
    text = "I think we should meet at the shop tomorrow, then we can talk about it"
    naming = least(lambda: [content_id(text) for _ in range(2_000)], times=20)
    assert least(lambda: [redact(text) for _ in range(2_000)], times=20) < 10 * naming


def test_what_a_rule_needs_is_in_lower_case_where_any_case_will_do() -> None:
    for rule in RULES:
        assert rule.needs
        assert not rule.any_case or all(one == one.lower() for one in rule.needs)
