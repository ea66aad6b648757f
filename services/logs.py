"""Facts as log lines: JSON where a program reads them, plain lines where a person does; always on stderr."""

import logging
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict

from services.terminal import on_one_line

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure_logs(level: str, stream: TextIO | None = None) -> None:
    """Sets how facts are logged from now on. `level`: debug, info, warning or error; less is not shown.

    Lines of libraries that use the standard library's logging come out the same way, from warnings on.
    """
    out = sys.stderr if stream is None else stream
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    closing = _for_people(out) if out.isatty() else _for_programs()
    structlog.configure(
        processors=[*shared, *closing],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(file=out),
        cache_logger_on_first_use=False,  # tests, and a second call, configure anew
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *closing],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(LEVELS[level], logging.WARNING))
    pools = logging.getLogger("asyncpg.pool")
    pools.filters[:] = [_without_trace]


def _without_trace(record: logging.LogRecord) -> bool:
    """Each pool tells again and again, with a trace, that a database which is gone is gone."""
    if record.exc_info and isinstance(record.exc_info[1], Exception):
        record.msg, record.args, record.exc_info = "%s: %r", (record.getMessage(), record.exc_info[1]), None
    return True


def _for_people(out: TextIO) -> list[structlog.types.Processor]:
    return [_on_one_line, structlog.dev.ConsoleRenderer(colors=True, exception_formatter=structlog.dev.plain_traceback)]


def _on_one_line(logger: Any, method: str, fact: EventDict) -> EventDict:
    """Values come from requests and records: none begins a line of its own, or commands the terminal."""
    return {name: on_one_line(value) if type(value) is str else value for name, value in fact.items()}


def _for_programs() -> list[structlog.types.Processor]:
    # Without the variables of each frame: they hold tokens, and texts that are not public.
    told = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [structlog.processors.ExceptionRenderer(told), structlog.processors.JSONRenderer(ensure_ascii=False)]
