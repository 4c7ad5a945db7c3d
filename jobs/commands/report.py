"""`driftline report`: an exported report."""

from __future__ import annotations

import click

from jobs.context import Common, common_options, language_option, now
from jobs.output import write


@click.command("report")
@click.option("--model", help="Which model. [default: the only one]")
@click.option(
    "--window", metavar="START/END", help="Only the windows inside. [default: all judged]"
)
@click.option(
    "--format",
    "output",
    type=click.Choice(["html", "json", "csv", "md", "junit", "text", "evidently"]),
    default="html",
    show_default=True,
)
@click.option("--out", metavar="F", help="File to write; - is standard output.", default="-")
@language_option
@common_options
def command(
    *,
    model: str | None,
    window: str | None,
    output: str,
    out: str,
    language: str,
    common: Common,
) -> int:
    """Write a report of what was judged: verdict first, incidents with evidence, every column."""
    from domain.errors import UsageError
    from domain.window import Window
    from monitors.report_data import ReportRequest

    at = now()
    with common.service() as service:
        name, *others = service.models(model)
        if others:
            raise UsageError(f"the store holds {1 + len(others)} models; choose one with --model")
        span = Window.parse(window, service.config.timezone) if window else None
        request = ReportRequest(name, span, at)
        if output == "evidently":
            from reports.evidently_html import render_evidently

            rows = service.report_rows(request)
            content = render_evidently(
                rows.reference,
                rows.current,
                rows.columns,
                numeric_test="psi",
                categorical_test="psi",
                thresholds=rows.thresholds,
                language=language,
            )
        else:
            from reports.registry import render

            content = render(service.report(request), output, language)
    write(content, out)
    return 0
