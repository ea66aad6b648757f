"""The composition root: the same assembly for the server, the command line and tests."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from domain.contexts import CONTEXTS
from domain.kernel import Actor, Context
from projections.kernel import View
from projections.views import ATTESTED, VIEWS
from services.attesting import Attesting
from services.codec import Codec
from services.config import Config
from services.erasing import finish_erasures
from services.handle import Office
from services.identity.asking import Fetch, Providers
from services.identity.bearers import Bearers
from services.identity.bound import Identities
from services.identity.journeys import Journeys
from services.identity.signing_in import SigningIn
from services.keyring import FolderKeyring, Keyring
from services.keys import SigningKey, load_or_make
from services.mail.letters import Letters
from services.mail.mailing import Mail, Mailer
from services.mail.sending import Smtp
from services.mail.subscriptions import Subscriptions
from services.names import NAMES
from services.opening import open_ledger
from services.openings import Openings
from services.postgres import database
from services.projector import Projector, opened_projector
from services.store.checkpoints import Notary
from services.store.connecting import Pool, close_pool, open_pool
from services.store.encrypting import encrypt_plain_openings
from services.store.ledger import LedgerStore, opened, opened_store, refuse_other
from services.store.migrations import FIRST, check, migrate
from services.store.reads import Reads
from services.store.tokens import Tokens
from services.views.connections import opened_views
from services.views.queries import Views
from services.webhooks.delivering import Post
from services.webhooks.kept import Webhooks
from services.working.running import Workers, opened_workers


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that ways in may use, assembled and open.

    `registrar`: the first one, for whom imports act. `verifier`: the key that the ledger's checkpoints are checked by.
    `signing_in`: None where no identity provider is named, or nobody signs in.
    """

    config: Config
    contexts: Mapping[str, Context]
    views_declared: tuple[View, ...]
    codec: Codec
    store: LedgerStore
    office: Office
    views: Views
    projector: Projector
    workers: Workers
    attesting: Attesting
    tokens: Tokens
    registrar: Actor
    verifier: str
    openings: Openings
    webhooks: Webhooks
    subscriptions: Subscriptions
    identities: Identities
    signing_in: SigningIn | None


@asynccontextmanager
async def assemble(
    config: Config,
    *,
    workers: bool = True,
    keeping: bool = True,
    acting: bool = True,
    reading: bool = True,
    views: Sequence[View] = VIEWS,
    names: Mapping[str, type] = NAMES,
    post: Post | None = None,
    letters: Letters | None = None,
    fetch: Fetch | None = None,
) -> AsyncIterator[Services]:
    """The register, open while we are inside: its database started and migrated, its ledger opened, its views kept.

    Without `workers` nothing runs on its own: views are as another process keeps them, and can be rebuilt; no deadline
    passes and no record is reacted to. Without `keeping` it is only the views that another process keeps. Without
    `acting` views are kept, and time and reactions wait until they are told to go on (`workers.catch_up`): for
    histories of years past that are told in a minute. Without `reading` nobody listens how far views are: who reads one
    asks the database. By `post` records leave for webhooks; without it none do. `letters` word what is written to
    whoever follows by mail, where a mail server is configured. By `fetch` identity providers are asked, where there are
    any. Workers stop first; what they had not done, the next
    start does.
    Raises KeyUnusable, PostgresUnavailable, SchemaUnfit, ForeignLedger, Unavailable.
    """
    async with AsyncExitStack() as stack:
        dsn, store, notary = await stack.enter_async_context(kept(config))
        keyring = FolderKeyring(config.keyring)
        codec = Codec(config.origin, names)
        identities = Identities(store.pool, keyring)
        office = Office(store, codec, CONTEXTS, keyring, forget=identities.forget)
        await finish_erasures(store, codec, keyring, identities)
        registrar = await open_ledger(office, config.origin, notary.verifier)
        shown = await stack.enter_async_context(opened_views(dsn, views, config.readers, listen=reading))
        projector = await stack.enter_async_context(
            opened_projector(dsn, views, codec, follow=workers and keeping, lag=config.lag)
        )
        attested = [view for view in views if view in ATTESTED]
        every = timedelta(hours=config.attest)
        follow = workers and acting
        if follow:
            await store.writer.connect()  # what follows from a record is waited for, from the first one on
        subscriptions = Subscriptions(store.pool, keyring)
        mailing = _mailing(config, subscriptions, codec, shown, letters)
        working = await stack.enter_async_context(
            opened_workers(dsn, office, codec, CONTEXTS, attested, every, follow=follow, post=post, mailing=mailing)
        )
        tokens, signing_in = _who_comes(config, store.pool, keyring, identities, fetch)
        yield Services(
            config, CONTEXTS, tuple(views), codec, store, office, shown, projector, working,
            Attesting(office, store.pool, attested), tokens, registrar, notary.verifier,
            Openings(store, codec, keyring), Webhooks(store.pool, keyring, codec, CONTEXTS), subscriptions,
            identities, signing_in,
        )  # fmt: skip


def _who_comes(
    config: Config, pool: Pool, keyring: Keyring, identities: Identities, fetch: Fetch | None
) -> tuple[Tokens, SigningIn | None]:
    """By whose tokens people and programs come in, and how they sign in."""
    if fetch is None or not config.identity:
        return Tokens(pool, identities.binds), None
    providers = Providers(config.identity, fetch)
    tokens = Tokens(pool, identities.binds, Bearers(providers, identities, config.public_url).speaks_for)
    return tokens, SigningIn(providers, identities, tokens, Journeys(pool, keyring), config.public_url)


def _mailing(
    config: Config, subscriptions: Subscriptions, codec: Codec, views: Views, letters: Letters | None
) -> Callable[[Pool, Reads], Mailer] | None:
    if config.mail is None or letters is None:
        return None
    mail = Mail(Smtp(config.mail), letters, config.mail.sender, config.public_url)

    def made(pool: Pool, reads: Reads) -> Mailer:
        return Mailer(pool, reads, subscriptions, codec, CONTEXTS, views, mail)

    return made


@asynccontextmanager
async def kept(config: Config) -> AsyncIterator[tuple[str, LedgerStore, Notary]]:
    """The database, the ledger as it lies there, and who signs for it: nothing is read of its history or added to it.

    What examines a ledger goes no further: one in which a record was tampered with may not open. Raises as `assemble`.
    """
    async with database(config.database_url, config.var) as dsn:
        await migrate(dsn)
        await encrypt_plain_openings(dsn, FolderKeyring(config.keyring))
        key = await _signing_key(config, dsn)
        async with opened_store(dsn, config.origin, key, queue=config.queue, readers=config.readers) as store:
            yield dsn, store, Notary(config.origin, key)


async def verifier_kept(config: Config) -> str | None:
    """The key by which the ledger's checkpoints are checked; None where no ledger is opened yet. Changes nothing.

    Raises KeyUnusable where this ledger's own is not at hand, ForeignLedger for another ledger, PostgresUnavailable,
    Unavailable.
    """
    async with database(config.database_url, config.var) as dsn:
        if FIRST in await check(dsn):
            return None
        pool = await open_pool(dsn, 1)
        try:
            said = await opened(pool)
        finally:
            await close_pool(pool)
    if said is None:
        return None
    notary = Notary(config.origin, load_or_make(config.signing_key, may_make=False))
    refuse_other(said, notary)
    return notary.verifier


async def _signing_key(config: Config, dsn: str) -> SigningKey:
    """The key of this ledger. A new one is made only for a ledger that is yet to be opened."""
    pool = await open_pool(dsn, 1)
    try:
        return load_or_make(config.signing_key, may_make=await opened(pool) is None)
    finally:
        await close_pool(pool)
