"""Takes secrets out of text before it is stored: keys, tokens, passwords and card numbers.

The patterns follow the rules of gitleaks (https://github.com/gitleaks/gitleaks, config/gitleaks.toml; rule ids below)
and of detect-secrets (https://github.com/Yelp/detect-secrets; plugin names below). They are cautious: what is taken
out is gone, and people talk about passwords without telling them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from memcli.patterns import regex

_Pattern = re.Pattern[str]

# Kind, pattern. What is named `secret` is taken out, else the whole match.
_PATTERNS: tuple[tuple[str, _Pattern], ...] = (
    # gitleaks private-key, detect-secrets PrivateKeyDetector. A key that is cut off is taken to the end of the text.
    (
        "private key",
        regex(
            r"-----BEGIN[ A-Z0-9_-]{0,100}?PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----))*+"
            r"(?:-----END[ A-Z0-9_-]{0,100}?KEY(?: BLOCK)?-----)?"
        ),
    ),
    # gitleaks aws-access-token, detect-secrets AWSKeyDetector
    ("AWS key", regex(r"(?<![A-Za-z0-9])(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])")),
    # gitleaks github-pat, github-oauth, github-app-token, github-refresh-token, github-fine-grained-pat
    ("GitHub token", regex(r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{82})", re.ASCII)),
    # gitleaks gitlab-pat and its relatives
    ("GitLab token", regex(r"(?<![A-Za-z0-9])gl(?:pat|ptt|dt|rt|cbt|soat|oas|ft|imt|agent)-[\w-]{20,}", re.ASCII)),
    # gitleaks slack-bot-token, slack-user-token, slack-app-token, slack-webhook-url; detect-secrets SlackDetector
    (
        "Slack token",
        regex(
            r"(?<![A-Za-z0-9])xox[abeoprs]-(?:\d-)?[A-Za-z0-9-]{10,}|(?<![A-Za-z0-9])xapp-\d-[A-Za-z0-9-]{10,}"
            r"|(?<=hooks\.slack\.com/)(?:services|workflows|triggers)/[A-Za-z0-9+/]{40,}",
            re.ASCII,
        ),
    ),
    # gitleaks anthropic-api-key, anthropic-admin-api-key
    ("Anthropic key", regex(r"(?<![A-Za-z0-9])sk-ant-[a-z]{3,5}\d\d-[\w-]{20,}", re.ASCII)),
    # gitleaks openai-api-key, detect-secrets OpenAIDetector
    (
        "OpenAI key",
        regex(
            r"(?<![A-Za-z0-9])sk-(?:(?:proj|svcacct|admin|None)-[\w-]{20,}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}"
            r"|[A-Za-z0-9]{40,})",
            re.ASCII,
        ),
    ),
    # gitleaks stripe-access-token, detect-secrets StripeDetector
    ("Stripe key", regex(r"(?<![A-Za-z0-9])(?:[sr]k_(?:live|test|prod)|whsec)_[A-Za-z0-9]{10,99}")),
    # gitleaks gcp-api-key; detect-secrets GoogleApiKey (AIza), and OAuth access tokens and client secrets
    (
        "Google key",
        regex(r"(?<![A-Za-z0-9])(?:AIza[\w-]{35}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{28})(?![\w-])", re.ASCII),
    ),
    # gitleaks jwt, detect-secrets JwtTokenDetector
    ("JWT", regex(r"(?<![A-Za-z0-9])eyJ[\w-]{14,}\.eyJ[\w-]{14,}(?:\.[\w-]*)?", re.ASCII)),
    # detect-secrets BasicAuthDetector, gitleaks curl-auth-user
    ("URL password", regex(r"://[^\s:/?#\[\]@]{0,100}:(?P<secret>[^\s/?#\[\]@]{1,200})@(?=[\w\[])")),
    # detect-secrets KeywordDetector, gitleaks generic-api-key. Written as an assignment without spaces: any value.
    (
        "password",
        regex(
            r"""(?<![a-z0-9])(?:[a-z0-9]{1,20}[_-]){0,3}(?:pass(?:word|wd|phrase|wort)|pwd|secret|token|api_?-?key
            |(?:secret|access|private)[_-](?:access[_-]?)?key)["']?=["']?
            (?P<secret>(?!\[redacted|[<$%{*(/~])[^\s"'&;,<>]{6,200})""",
            re.IGNORECASE | re.VERBOSE,
        ),
    ),
    # The same in words, "password: x", only where x ends the line and looks made up or is all there is.
    (
        "password",
        regex(
            r"""\b(?:pass(?:word|wd|phrase|wort)|pwd|api[ _-]?key|(?:secret|access|private)[ _-]key
            |(?:access|auth|api)[ _-]?token|client[ _-]?secret|passcode)["']?[ ]?(?::|=)[ ]?["']?
            (?P<secret>(?!\[redacted|[<$%{*(/~])(?:[^\s"'<>]{6,200}(?=["'.,;]{0,3}[ ]*$)
                |(?=[^\s"'<>]{0,200}\d)(?=[^\s"'<>]{0,200}[A-Za-z])[^\s"'<>]{6,200}))""",
            re.IGNORECASE | re.VERBOSE | re.MULTILINE,
        ),
    ),
    # "my password is hunter2": only what has letters and digits, as no word does.
    (
        "password",
        regex(
            r"""\b(?:pass(?:word|phrase|code|wort)|pwd)[ ](?:is|ist|was|=)[ ]["'`]?
            (?P<secret>(?=[^\s"'`<>]{0,200}\d)(?=[^\s"'`<>]{0,200}[A-Za-z])(?!\[redacted)[^\s"'`<>]{6,200}?)(?=["'`.,;!?]*(?:\s|$))""",
            re.IGNORECASE | re.VERBOSE,
        ),
    ),
)
# Visa, Mastercard, American Express, Discover, JCB, Diners by their first digits and lengths (ISO/IEC 7812).
_CARD = regex(
    r"(?<![\w.-])(?:(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6011|65\d\d|64[4-9]\d|35[2-8]\d)(?:([ -]?)\d{4}(?:\1\d{4}){2})"
    r"|3[47]\d\d([ -]?)\d{6}\2\d{5}|3(?:0[0-5]|[68]\d)\d([ -]?)\d{6}\3\d{4})(?![\w-]|\.\d)",
    re.ASCII,
)
_DIGITS = regex(r"[0-9]{4}[ -]?[0-9]{4}")
_PREFIXES = ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "k_live_", "k_test_", "k_prod_", "whsec_")
_WORDS = ("passphrase", "passcode", "secret", "token", "key")


def redact(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with each secret replaced by "[redacted: kind]", and the kinds found, each once.

    Redacting again changes nothing.
    """
    if not _suspicious(text):
        return text, ()
    kinds: dict[str, None] = {}
    # Taking one secret out can bare another that was glued to it; every round takes more out, so this ends.
    while (cleaned := _once(text, kinds)) != text:
        text = cleaned
    return text, tuple(kinds)


def _suspicious(text: str) -> bool:
    """Whether a pattern can match at all. Plain searches: several times faster here than one alternation."""
    if (
        "-----BEGIN" in text
        or "sk-" in text
        or "xox" in text
        or "eyJ" in text
        or "AIza" in text
        or "KIA" in text
        or "SIA" in text
        or "A3T" in text
        or "BIA" in text
        or "CCA" in text
        or ("-" in text and ("GOCSPX-" in text or "xapp-" in text or "gl" in text))
        or ("_" in text and any(prefix in text for prefix in _PREFIXES))
        or ("/" in text and (("://" in text and "@" in text) or "hooks.slack" in text))
        or "ya29." in text
    ):
        return True
    if ":" in text or "=" in text or " is" in text or " was" in text:
        lower = text.lower()
        if "passw" in lower or "pwd" in lower or any(word in lower for word in _WORDS):
            return True
    return _DIGITS.search(text) is not None


def _once(text: str, kinds: dict[str, None]) -> str:
    for kind, pattern in _PATTERNS:
        text = pattern.sub(_replacement(kind, kinds), text)
    return _CARD.sub(_card_replacement(kinds), text)


def _replacement(kind: str, kinds: dict[str, None]) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        kinds[kind] = None
        marker = f"[redacted: {kind}]"
        if "secret" not in match.re.groupindex:
            return marker
        start, end = match.start("secret") - match.start(), match.end("secret") - match.start()
        return match[0][:start] + marker + match[0][end:]

    return replace


def _card_replacement(kinds: dict[str, None]) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        if not _luhn(match[0]):
            return match[0]
        kinds["card number"] = None
        return "[redacted: card number]"

    return replace


def _luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    numbers = [int(digit) for digit in digits if digit.isdigit()]
    doubled = (sum(divmod(2 * number, 10)) for number in numbers[-2::-2])
    return (sum(numbers[-1::-2]) + sum(doubled)) % 10 == 0
