"""`subsidia erase`: what is sealed of a person is gone, and the register says since when and under which law."""

from collections.abc import Sequence
from uuid import UUID

import click

from api.cli.running import Failed, say, with_services
from services.bootstrap import Services
from services.erasing import erase as erased
from services.erasing import subject_named
from services.store.ports import Opening


@click.command()
@click.argument("subjects", nargs=-1, metavar="SUBJECT...")
@click.option("--basis", help="The law that demands it, by its article; public, and never the person's name.")
@click.option("--yes", is_flag=True, help="Do not ask: it cannot be undone.")
@click.option("--find", "text", metavar="TEXT", help="Only list the subjects of whom something sealed holds this text.")
def erase(subjects: tuple[str, ...], basis: str | None, yes: bool, text: str | None) -> None:
    """Erase for ever what is sealed of each SUBJECT: its key, and the values. The records and their proofs stay.

    A SUBJECT is an id that --find lists, or a record <stream>/<version>, such as an accreditation. A person has one for
    each accreditation. Erasing again does what may have been left undone, and records nothing.

    \b
    Examples: subsidia erase --find "Ada Example"
              subsidia erase 7d7f0f2e-.../4 --basis "Regulation (EU) 2016/679, art. 17(1)(a)"
    """
    if text is not None:
        if subjects or basis:
            raise click.UsageError("--find only lists; say in another command whom to erase.")
        _list(text)
        return
    if not subjects or not (basis or "").strip():
        raise click.UsageError("Say whom to erase, and with --basis under which law.")
    assert basis is not None
    law = basis.strip()
    if len(law) > 500:
        raise click.UsageError(f"The basis has {len(law)} characters; 500 are the most.")

    async def work(services: Services) -> None:
        named = [(word, await subject_named(services.store, word)) for word in subjects]
        if unknown := [word for word, subject in named if subject is None]:
            raise Failed(f"There is no such record or id: {', '.join(unknown)}. Nothing was erased.")
        for word, subject in named:
            assert subject is not None
            await _erase(services, word, subject, law, yes=yes)

    with_services(work)


async def _erase(services: Services, word: str, subject: UUID, basis: str, *, yes: bool) -> None:
    if not yes:
        say(f"Of {word} these are sealed:")
        for row, text in await services.openings.about(subject):
            say(f"  {row.stream}/{row.version} {row.path}  {text or '(cannot be opened)'}")
        click.confirm("Erase them? It cannot be undone.", abort=True)
    # First: a crash in between leaves something to erase, and nobody who still comes in.
    unbound = await services.identities.forget(subject)
    answer = await erased(services.office, services.registrar, subject, basis)
    said = f"erased, recorded at position {answer.receipt.first}" if answer.events else "was erased before"
    say(f"{word}: {said}. No key of it is left here; copies of the folder of keys are yours to delete.")
    if unbound:
        say(f"{word}: bound by an identity provider no more ({unbound:,}), and signed out.")


def _list(text: str) -> None:
    async def work(services: Services) -> Sequence[tuple[Opening, str]]:
        return [one async for one in services.openings.found(text)]

    found = with_services(work)
    for row, there in found:
        say(f"{row.subject}  {row.stream}/{row.version} {row.path}  {there}")
    if not found:
        raise Failed("Nothing that is sealed holds this text, as far as there are keys to open it.")
