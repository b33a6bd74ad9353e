"""Is a dependency known to be vulnerable, and has a secret ever been written down here? (`make audit`)

Two kept tools answer: pip-audit asks the package index about every line of the lock, npm about the front-end's pieces,
and detect-secrets looks at every line that was ever committed, by the forms of keys and tokens (no guessing by entropy:
locks and test vectors are full of it). What was once committed is public, so a secret found in an old commit is as bad
as one in the tree: withdraw it where it is valid.

"Nothing found" is said only of what was looked at. An index that does not answer, or does not know a package, leaves
the question open, and that is said, too; pip-audit by itself ends well then. Exit code: 0 nothing found, 1 something
found, 3 nothing found, but not everything could be looked at.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements-dev.lock", "requirements-audit.lock")  # the first holds the appliance's, too
PIP_AUDIT = ROOT / "var/audit/bin/pip-audit"
FORMS = (
    "ArtifactoryDetector", "AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector", "CloudantDetector",
    "DiscordBotTokenDetector", "GitHubTokenDetector", "GitLabTokenDetector", "IbmCloudIamDetector",
    "IbmCosHmacDetector", "JwtTokenDetector", "MailchimpDetector", "NpmDetector", "OpenAIDetector",
    "PrivateKeyDetector", "PypiTokenDetector", "SendGridDetector", "SlackDetector", "SoftlayerDetector",
    "SquareOAuthDetector", "StripeDetector", "TelegramBotTokenDetector", "TwilioKeyDetector",
)  # fmt: skip

Ask = Callable[..., str]  # a command and its arguments, to what it says


class NotLooked(Exception):
    """The question stays open; the text says why."""


def ask(*command: str | Path) -> str:
    """What a program says, whatever its exit code: the tools end with 1 when they have found something."""
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace").stdout
    except FileNotFoundError:
        raise NotLooked(f"{command[0]} is missing") from None


def python_packages(lock: str, ask: Ask = ask) -> Iterator[str]:
    """The known faults of a lock's packages. Raises NotLooked when the index did not know every one of them."""
    said = ask(PIP_AUDIT, "--disable-pip", "--require-hashes", "--requirement", lock, "--format", "json")
    try:
        packages = json.loads(said)["dependencies"]
    except (ValueError, KeyError):
        raise NotLooked("the package index did not answer") from None
    unknown = 0
    for package in packages:
        unknown += "vulns" not in package
        for fault in package.get("vulns", ()):
            cure = " or ".join(fault["fix_versions"]) or "no version yet"
            yield f"{package['name']} {package['version']}: {fault['id']}, mended in {cure}"
    if unknown or not packages:
        raise NotLooked(f"the package index knew {len(packages) - unknown} of {len(packages)} packages")


def front_end_pieces(lock: str, ask: Ask = ask) -> Iterator[str]:
    """The known faults of package-lock.json's packages."""
    said = ask("npm", "audit", "--package-lock-only", "--json")
    try:
        faults: dict[str, Any] = json.loads(said)["vulnerabilities"]
    except (ValueError, KeyError):
        raise NotLooked("the package index did not answer") from None
    yield from (f"{name} {fault['range']}: {fault['severity']}" for name, fault in faults.items())


def committed(history: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Every line that `git log --patch` shows as added, once, with where it came in."""
    commit = file = ""
    seen: set[str] = set()
    for line in history:
        if line.startswith("commit "):
            commit = line[7:17]
        elif line.startswith("+++ "):
            file = line.removeprefix("+++ ").removeprefix("b/")
        elif line.startswith("+") and line not in seen:
            seen.add(line)
            yield f"{commit} {file}", line[1:]


def secrets(lines: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Where a line has the form of a key or a token, and of which; never the line itself."""
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import transient_settings

    with transient_settings({"plugins_used": [{"name": form} for form in FORMS]}):
        for place, line in lines:
            yield from (f"{place}: {found.type}" for found in scan_line(line))


def history(_: str) -> Iterator[str]:
    patch = ask("git", "log", "--all", "--patch", "--unified=0", "--no-color", "--format=commit %H")
    if not patch:
        raise NotLooked("this is no git repository")
    return secrets(committed(patch.splitlines()))


LOOKS: tuple[tuple[Callable[[str], Iterator[str]], str], ...] = (
    *((python_packages, lock) for lock in LOCKS),
    (front_end_pieces, "package-lock.json"),
    (history, "every line ever committed"),
)


def main(looks: Iterable[tuple[Callable[[str], Iterator[str]], str]] = LOOKS) -> int:
    found, open_questions = 0, 0
    for look, at in looks:
        here = found
        try:
            for each in look(at):
                print(f"{at}: {each}")
                found += 1
        except NotLooked as why:
            print(f"{at}: could not look: {why}")
            open_questions += 1
            continue
        if found == here:
            print(f"{at}: nothing found")
    return 1 if found else 3 if open_questions else 0


if __name__ == "__main__":
    sys.exit(main())
