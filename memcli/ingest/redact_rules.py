"""What a secret looks like: one rule a kind, each with the words without which it cannot match.

The rules follow those of gitleaks 8.27 (https://github.com/gitleaks/gitleaks, config/gitleaks.toml; rule ids below) and
the plugins of detect-secrets 1.5 (https://github.com/Yelp/detect-secrets; names below), read in November 2026. They are
narrower where those would hit ordinary talk, and leave out what is known by a name and the shape of any hash alone
("cloudflare", then 40 letters). Account numbers (IBAN) are no secrets: they are told in order to be used.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from memcli.patterns import regex


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of secret. What the pattern names `secret` is taken out, else the whole match.

    needs: a text that has none of these, exactly as written, has no match. Of a rule for words in any case (`any_case`)
    they are in lower case. also: without this, neither. long: a match has LONG characters without a blank in it.
    """

    kind: str
    pattern: re.Pattern[str]
    needs: tuple[str, ...]
    also: str = ""
    any_case: bool = False
    long: bool = False


LONG = 15
"""The shortest token (Slack's) has so many characters; few words of a conversation do."""


def _token(kind: str, pattern: str, *needs: str) -> Rule:
    """A rule for what begins in a way of its own, and not in the middle of a word."""
    return Rule(kind, regex(rf"(?<![A-Za-z0-9])(?:{pattern})", re.ASCII), needs, long=True)


def _words(pattern: str, *needs: str, kind: str = "password", flags: int = 0, long: bool = False) -> Rule:
    """A rule for what is told by the words before it, in any case."""
    return Rule(kind, regex(pattern, re.IGNORECASE | re.VERBOSE | flags), needs, any_case=True, long=long)


RULES: tuple[Rule, ...] = (
    # gitleaks private-key, detect-secrets PrivateKeyDetector. A key that is cut off is taken to the end of the text.
    Rule(
        "private key",
        regex(
            r"-----BEGIN[ A-Z0-9_-]{0,100}?PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----))*+"
            r"(?:-----END[ A-Z0-9_-]{0,100}?KEY(?: BLOCK)?-----)?"
        ),
        ("-----BEGIN",),
    ),
    # gitleaks age-secret-key
    _token("private key", r"AGE-SECRET-KEY-1[0-9A-Z]{58}", "AGE-SECRET-KEY-1"),
    # gitleaks aws-access-token, detect-secrets AWSKeyDetector
    _token(
        "AWS key", r"(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])",
        "A3T", "AKIA", "ASIA", "ABIA", "ACCA",
    ),
    # gitleaks github-pat, github-oauth, github-app-token, github-refresh-token, github-fine-grained-pat
    _token(
        "GitHub token", r"gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{82}",
        "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_",
    ),
    # gitleaks gitlab-pat and its relatives
    _token("GitLab token", r"gl(?:pat|ptt|dt|rt|cbt|soat|oas|ft|imt|agent)-[\w-]{20,}", *(
        f"gl{one}-" for one in ("pat", "ptt", "dt", "rt", "cbt", "soat", "oas", "ft", "imt", "agent")
    )),
    # gitleaks slack-bot-token, slack-user-token, slack-app-token; detect-secrets SlackDetector
    _token(
        "Slack token", r"xox[abeoprs]-(?:\d-)?[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{10,}|(?<=hooks\.slack\.com/)"
        r"(?:services|workflows|triggers)/[A-Za-z0-9+/]{40,}", "xox", "xapp-", "hooks.slack.com/",
    ),
    # gitleaks anthropic-api-key, anthropic-admin-api-key
    _token("Anthropic key", r"sk-ant-[a-z]{3,5}\d\d-[\w-]{20,}", "sk-ant-"),
    # gitleaks openai-api-key, detect-secrets OpenAIDetector; OpenRouter's begin like them
    _token(
        "OpenAI key", r"sk-(?:(?:proj|svcacct|admin|None|or-v1)-[\w-]{20,}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}"
        r"|[A-Za-z0-9]{40,})", "sk-",
    ),
    # gitleaks huggingface-access-token, huggingface-organization-api-token
    _token("Hugging Face token", r"(?:hf|api_org)_[A-Za-z0-9]{34}(?![A-Za-z0-9])", "hf_", "api_org_"),
    # gitleaks stripe-access-token, detect-secrets StripeDetector
    _token(
        "Stripe key", r"(?:[sr]k_(?:live|test|prod)|whsec)_[A-Za-z0-9]{10,99}",
        "k_live_", "k_test_", "k_prod_", "whsec_",
    ),
    # gitleaks gcp-api-key; detect-secrets GoogleApiKey (AIza), and OAuth access tokens and client secrets
    _token(
        "Google key", r"(?:AIza[\w-]{35}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{28})(?![\w-])", "AIza", "ya29.", "GOCSPX-"
    ),
    # gitleaks azure-ad-client-secret; detect-secrets AzureStorageKeyDetector, and the keys of Azure's other services
    Rule(
        "Azure key",
        regex(
            r"(?<![\w~.-])[\w~.]{3}\dQ~[\w~.-]{31,34}(?![\w~-])"
            r"|(?<=AccountKey=)[A-Za-z0-9+/]{86}==|(?<=SharedAccessKey=)[A-Za-z0-9+/]{43}=",
            re.ASCII,
        ),
        ("Q~", "AccountKey=", "SharedAccessKey="),
        long=True,
    ),
    # gitleaks npm-access-token, detect-secrets NpmDetector
    _token("npm token", r"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])", "npm_"),
    Rule(
        "npm token",
        regex(r"(?<=_authToken=)(?:npm_[A-Za-z0-9]{1,100}|[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12})"),
        ("_authToken=",), long=True,
    ),
    # gitleaks pypi-upload-token, detect-secrets PypiTokenDetector
    _token("PyPI token", r"pypi-Ag(?:EIcHlwaS5vcmc|ENdGVzdC5weXBpLm9yZw)[\w-]{50,}", "pypi-Ag"),
    # gitleaks twilio-api-key, detect-secrets TwilioKeyDetector
    _token("Twilio key", r"SK[0-9a-f]{32}(?![A-Za-z0-9])", "SK"),
    # gitleaks sendgrid-api-token, detect-secrets SendGridDetector
    _token("SendGrid key", r"SG\.[\w-]{22}\.[\w-]{43}(?![\w-])", "SG."),
    # gitleaks telegram-bot-api-token, detect-secrets TelegramBotTokenDetector
    _token("Telegram token", r"\d{6,12}:A[\w-]{34}(?![\w-])", ":A"),
    # detect-secrets DiscordBotTokenDetector (a user's number in base64, a time, a signature); addresses of webhooks
    _token(
        "Discord token", r"(?:M[Tjz]|N[DTjz]|O[DT])[\w-]{22,26}\.[\w-]{6}\.[\w-]{27,40}(?![\w-])|mfa\.[\w-]{84}"
        r"|(?<=/webhooks/)\d{17,20}/[\w-]{60,80}",
        "MT", "Mj", "Mz", "ND", "NT", "Nj", "Nz", "OD", "OT", "mfa.", "/webhooks/",
    ),
    # Services whose keys have a beginning of their own. gitleaks digitalocean-access-token, shopify-*, databricks-api-
    # token, grafana-*, linear-api-key, notion-api-token, atlassian-api-token, heroku-api-key-v2, vault-service-token,
    # perplexity-api-key, square-access-token, rubygems-api-token, 1password-service-account-token; Figma, Docker,
    # Replicate, Groq, xAI by their own documentation
    _token(
        "API key",
        r"do[opr]_v1_[a-f0-9]{64}|shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}|glc_[A-Za-z0-9+/]{32,400}|glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}"
        r"|lin_api_[A-Za-z0-9]{40}|ntn_\d{11}[A-Za-z0-9]{35}|HRKU-AA[\w-]{58}|figd_[\w-]{40}|dckr_pat_[\w-]{27}"
        r"|r8_[A-Za-z0-9]{37}|gsk_[A-Za-z0-9]{52}|xai-[A-Za-z0-9]{80}|pplx-[A-Za-z0-9]{48}|rubygems_[a-f0-9]{48}"
        r"|sq0(?:atp|csp)-[\w-]{22,43}|ATATT3[\w=-]{186}|ops_eyJ[A-Za-z0-9+/]{250,}",
        "_v1_", "shp", "glc_", "glsa_", "lin_api_", "ntn_", "HRKU-AA", "figd_", "dckr_pat_", "r8_", "gsk_", "xai-",
        "pplx-", "rubygems_", "sq0", "ATATT3", "ops_eyJ",
    ),
    _token("API key", r"dapi[a-f0-9]{32}(?:-\d)?(?![A-Za-z0-9])|hv[sb]\.[\w-]{90,300}", "dapi", "hvs.", "hvb."),
    # gitleaks mailgun-private-api-token, mailchimp-api-key (detect-secrets MailchimpDetector)
    _token("API key", r"key-[a-f0-9]{32}(?![A-Za-z0-9])|[a-f0-9]{32}-us\d{1,2}(?![A-Za-z0-9])", "key-", "-us"),
    # gitleaks jwt, detect-secrets JwtTokenDetector
    _token("JWT", r"eyJ[\w-]{14,}\.eyJ[\w-]{14,}(?:\.[\w-]*)?", "eyJ"),
    # detect-secrets BasicAuthDetector
    Rule(
        "URL password",
        regex(r"://[^\s:/?#\[\]@]{0,100}:(?P<secret>[^\s/?#\[\]@]{1,200})@(?=[\w\[])"),
        ("://",), "@",
    ),
    # gitleaks curl-auth-header: what a server is shown instead of a password. It has a digit, as few words do.
    _words(
        r"""(?:\bbearer|\bauthorization["']?[ ]?[:=][ ]?["']?(?:basic|bearer|token))[ ]{1,3}
        (?P<secret>(?=[^\s"']{0,200}\d)(?!\[redacted)[\w+/.=~-]{16,2000})""",
        "bearer", "authorization", kind="Authorization header", long=True,
    ),
    # gitleaks curl-auth-user
    Rule(
        "password",
        regex(
            r"""\bcurl\b[^\n]{0,60}?[ ](?:-u|--user)[ =]?["']?[^\s:"'$<]{1,40}:"""
            r"""(?P<secret>(?![$<%{*]|\[redacted)[^\s"'@]{3,200})"""
        ),
        ("curl",), "-u",
    ),
    # detect-secrets KeywordDetector, gitleaks generic-api-key. Written as an assignment without spaces: any value.
    _words(
        r"""(?<![a-z0-9])(?:[a-z0-9]{1,20}[_-]){0,3}(?:pass(?:word|wd|phrase|wort)|pwd|secret|token|api_?-?key
        |(?:secret|access|private)[_-](?:access[_-]?)?key)["']?=["']?
        (?P<secret>(?!\[redacted|[<$%{*(/~])[^\s"'&;,<>]{6,200})""",
        "passw", "passphrase", "pwd", "secret", "token", "key",
    ),
    # The same in words, "password: x", only where x ends the line and looks made up or is all there is.
    _words(
        r"""\b(?:pass(?:word|wd|phrase|wort)|pwd|api[ _-]?key|(?:secret|access|private)[ _-]key
        |(?:access|auth|api)[ _-]?token|client[ _-]?secret|passcode)["']?[ ]?(?::|=)[ ]?["']?
        (?P<secret>(?!\[redacted|[<$%{*(/~])(?:[^\s"'<>]{6,200}(?=["'.,;]{0,3}[ ]*$)
            |(?=[^\s"'<>]{0,200}\d)(?=[^\s"'<>]{0,200}[A-Za-z])[^\s"'<>]{6,200}))""",
        "passw", "passphrase", "passcode", "pwd", "secret", "token", "key", flags=re.MULTILINE,
    ),
    # "my password is hunter2": only what has letters and digits, as no word does.
    _words(
        r"""\b(?:pass(?:word|phrase|code|wort)|pwd)[ ](?:is|ist|was|=)[ ]["'`]?
        (?P<secret>(?=[^\s"'`<>]{0,200}\d)(?=[^\s"'`<>]{0,200}[A-Za-z])(?!\[redacted)[^\s"'`<>]{6,200}?)(?=["'`.,;!?]*(?:\s|$))""",
        "passw", "passphrase", "passcode", "pwd",
    ),
)  # fmt: skip
