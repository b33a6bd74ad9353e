"""A readiness report as a page for people: JSON in, PDF out, A4, in Japanese and English.

A program of its own (`python -m kiosk.caretaker.sheet`), which the caretaker asks and then forgets: fonts and layout
take seconds, and memory that would not come back. Nothing is loaded while a page is laid out: the style is in the
template, and WeasyPrint's fetcher refuses every address.
"""

from __future__ import annotations

import sys
from datetime import datetime

import weasyprint
from jinja2 import Environment, PackageLoader, StrictUndefined
from weasyprint.urls import URLFetcher

from kiosk.caretaker.readiness import NotReported, Readiness, fingerprint, read
from kiosk.config.events import FIELDS
from kiosk.config.health import CHECKS, LEVELS
from kiosk.ipc.figures import lines
from kiosk.language.dates import JST, wareki

SHUT: dict[str, tuple[str, str]] = {**FIELDS["closed_for"].words, "hours": ("受付時間外", "outside its hours")}

_fetcher = URLFetcher(allowed_protocols=set(), fail_on_errors=True)


def page(data: bytes) -> bytes:
    """The report as PDF. Raises NotReported for what is none."""
    html = written(read(data), fingerprint(data))
    pdf: bytes = weasyprint.HTML(string=html, url_fetcher=_fetcher).write_pdf()
    return pdf


def written(report: Readiness, hashed: str) -> str:
    """The report as HTML. hashed: its fingerprint."""
    environment = Environment(
        loader=PackageLoader("kiosk.caretaker"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    worst_first = sorted(report.stands.checks, key=lambda row: -LEVELS.index(row.level))
    return environment.get_template("readiness.html").render(
        report=report,
        fingerprint=hashed,
        made=datetime.fromtimestamp(report.made, JST),
        wareki=wareki,
        fields=FIELDS,
        shut=SHUT,
        checks=[(CHECKS[row.check], row, CHECKS[row.check].reasons[row.reason]) for row in worst_first],
        figures=tuple(lines(report.stands.counted)),
        begun=datetime.fromtimestamp(report.stands.counted.begun, JST),
    )


def main() -> int:
    try:
        sys.stdout.buffer.write(page(sys.stdin.buffer.read()))
    except NotReported as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
