"""What went wrong, as machines and people are told it (RFC 9457)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from api.tongues import ENGLISH, Tongue, tongue

JSON_PROBLEM = "application/problem+json"
IN_ENGLISH = tongue(ENGLISH)


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, for machines and people. `more`: members beside those of the RFC.

    `sentences` make its detail. They are about what is told `before` them, and about what has the `names`.
    """

    status: int
    code: str
    title: str
    sentences: tuple[str, ...]
    more: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    before: str = ""
    names: Sequence[str] = ()

    @property
    def detail(self) -> str:
        return self.told(self.sentences)

    def told(self, sentences: Sequence[str], spoken: Tongue = IN_ENGLISH) -> str:
        """The detail, of its sentences as somebody says them."""
        said = " ".join(sentences)
        if self.names:
            said = f"{said.rstrip('.')}{spoken.said(': ')}{spoken.isolated(', '.join(self.names))}."
        return f"{spoken.isolated(self.before)}{spoken.said(': ')}{said}" if self.before else said

    def body(self, request_id: str, spoken: Tongue = IN_ENGLISH) -> tuple[bytes, Collection[str]]:
        """With the languages that it is in: what nobody has translated stays English."""
        said = _Said(spoken)
        body = {
            "type": f"/docs#problem-{self.kind}",
            "title": said(self.title),
            "status": self.status,
            "detail": self.told([said(one) for one in self.sentences], spoken),
            "code": self.code,
            "request_id": request_id,
        }
        more = dict(self.more)
        if "reason" in more:
            more["reason"] = said(more["reason"])
        if "errors" in more:
            more["errors"] = [one | {"detail": said(one["detail"])} for one in more["errors"]]
        return msgspec.json.encode(body | more), said.tongues

    @property
    def kind(self) -> str:
        """The problem's type: all refusals of rules are one, told apart by their code."""
        return "refused" if "reason" in self.more else self.code

    def response(self, request_id: str, spoken: Tongue = IN_ENGLISH) -> web.Response:
        body, tongues = self.body(request_id, spoken)
        headers = {"Cache-Control": "no-store", "Vary": "Accept-Language", "Content-Language": ", ".join(tongues)}
        headers |= {"X-Request-Id": request_id, **self.headers}
        answer = web.Response(body=body, status=self.status, headers=headers, content_type=JSON_PROBLEM)
        answer[TOLD] = self
        return answer


TOLD = web.ResponseKey("told", Problem)
"""The problem that an answer tells, for whoever tells it in another form."""


class _Said:
    """Says sentences in a language, and keeps in which ones it could."""

    def __init__(self, spoken: Tongue) -> None:
        self._spoken, self.tongues = spoken, dict.fromkeys([spoken.tag])

    def __call__(self, sentence: str) -> str:
        found = self._spoken.sentence(sentence)
        if found is None:
            self.tongues[ENGLISH] = None
        return sentence if found is None else found
