"""Verifies a bundle with Python's standard library alone: nothing of Subsidia, nothing to install. Copy it and read it.

python3 alone.py verify BUNDLE VKEY                        signature, tree, canonical bytes, order, commands
python3 alone.py proof FILE.tlog-proof RECORD VKEY         one record
python3 alone.py sealed BUNDLE STREAM/VERSION PATH VALUE SALT
python3 alone.py dump VIEW VERSION < rows                  the digest of a view, from its rows as lines of JSON
python3 alone.py report REPORT.html VKEY                   a page that `subsidia audit report` wrote
"""

import base64
import json
import re
import sys
from collections.abc import Iterable, Iterator
from hashlib import sha256, sha512
from itertools import zip_longest
from pathlib import Path
from typing import Any

P, Q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # Ed25519, RFC 8032
D = -121665 * pow(121666, P - 2, P) % P
Point = tuple[int, int, int, int]


def need(holds: bool, says: str) -> None:
    """As `assert`, which Python may be told to leave out."""
    if not holds:
        raise ValueError(says)


def add(a: Point, b: Point) -> Point:
    e, f = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    g, h = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n: int, point: Point) -> Point:
    found = (0, 1, 1, 0)
    while n:
        found, point, n = add(found, point) if n & 1 else found, add(point, point), n >> 1
    return found


def point_of(octets: bytes) -> Point:
    y, sign = int.from_bytes(octets, "little") % 2**255, octets[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    need((x * x - square) % P == 0 and y < P and (x > 0 or not sign), "no point of the curve")
    return (x if x % 2 == sign else P - x), y, 1, (x if x % 2 == sign else P - x) * y % P


def signed(public: bytes, message: bytes, signature: bytes) -> None:
    s = int.from_bytes(signature[32:], "little")
    challenge = int.from_bytes(sha512(signature[:32] + public + message).digest(), "little") % Q
    base = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    left, right = times(s, base), add(point_of(signature[:32]), times(challenge, point_of(public)))
    same = (left[0] * right[2] - right[0] * left[2]) % P == 0 == (left[1] * right[2] - right[1] * left[2]) % P
    need(len(signature) == 64 and s < Q and same, "the signature is not by this key")


def head_of(note: str, vkey: str) -> tuple[int, bytes]:
    """Size and root of a signed checkpoint (C2SP signed-note, tlog-checkpoint)."""
    name, key_id, rest = vkey.split("+", 2)
    key = base64.b64decode(rest)
    named = sha256(f"{name}\n".encode() + key).digest()[:4].hex() == key_id
    need(named and key[:1] == b"\x01" and len(key) == 33, "no Ed25519 key")
    text, _, lines = note.rpartition("\n\n")
    mine = [line.split(" ") for line in lines.splitlines() if line.startswith(f"\u2014 {name} ")]
    (blob,) = [one for one in (base64.b64decode(line[2]) for line in mine) if one[:4].hex() == key_id]
    signed(key[1:], f"{text}\n".encode(), blob[4:])
    origin, size, root = text.split("\n")[:3]
    need(origin == name, "the checkpoint is of another ledger")
    return int(size), base64.b64decode(root)


def leaf(record: bytes) -> bytes:
    return sha256(b"\x00" + record).digest()


def tree(leaves: list[bytes]) -> bytes:
    """The root of RFC 6962: bigger and bigger perfect trees, joined from the right."""
    peaks: list[bytes] = []
    for nth, one in enumerate(leaves):
        while nth & 1:
            one, nth = sha256(b"\x01" + peaks.pop() + one).digest(), nth >> 1
        peaks.append(one)
    root = peaks.pop()
    while peaks:
        root = sha256(b"\x01" + peaks.pop() + root).digest()
    return root


def records(bundle: str, size: int) -> Iterator[bytes]:
    """All records: entry bundles of 256, before each record its length in two bytes (C2SP tlog-tiles)."""
    for number in range(-(-size // 256)):
        width = min(256, size - 256 * number)
        groups = f"{number:03,}".split(",") if number > 999 else [f"{number:03}"]
        path = "/".join([*("x" + one.zfill(3) for one in groups[:-1]), groups[-1]]) + f".p/{width}" * (width < 256)
        content, at = Path(bundle, "tile/entries", path).read_bytes(), 0
        for _ in range(width):
            begin, at = at + 2, at + 2 + int.from_bytes(content[at : at + 2], "big")
            need(at <= len(content), f"{path} breaks off")
            yield content[begin:at]
        need(at == len(content), f"{path} holds too much")


def canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def verify(bundle: str, vkey: str) -> None:
    size, root = head_of(Path(bundle, "checkpoint").read_text("utf-8"), vkey)
    leaves, newest, cmds = list[bytes](), dict[str, int](), set[str]()
    latest, left, origin = "", ("", 0, 0), vkey.split("+")[0]
    for position, content in enumerate(records(bundle, size)):
        one = json.loads(content)
        stream, number, (nth, count) = one["id"], one["ver"], one["of"]
        need(canonical(one) == content and one["ledger"] == origin, f"{position}: not canonical, or of another ledger")
        need(number == newest.get(stream, 0) + 1, f"{position}: the versions of {stream} have a gap")
        need(one["at"] >= latest, f"{position}: time goes back")
        begins = nth == 1 and left[1] == left[2] and one["cmd"] not in cmds and "command" in one
        need(begins or (one["cmd"], nth - 1, count) == left, f"{position}: its command is incomplete, or there twice")
        newest[stream], latest, left = number, one["at"], (one["cmd"], nth, count)
        cmds.add(one["cmd"])
        leaves.append(leaf(content))
    need(left[1] == left[2], "the last command is incomplete")
    need(tree(leaves) == root, "the records come to another root than was signed")


def proof(path: str, record: str, vkey: str) -> None:
    above, _, note = Path(path).read_text("utf-8").partition("\n\n")
    lines = [line for line in above.split("\n") if not line.startswith("extra ")]
    need(lines[0] == "c2sp.org/tlog-proof@v1" and lines[1].startswith("index "), "no proof in the published form")
    place, hashes = int(lines[1].split(" ")[1]), list(map(base64.b64decode, lines[2:]))
    content = Path(record).read_bytes()
    answer = json.loads(content)
    content = canonical(answer["record"]) if "record" in answer else content  # as `/v1/records/N` shows it
    size, root = head_of(note, vkey)
    need(climbed(place, size, leaf(content), hashes) == root, "the record does not lie there")


def climbed(place: int, size: int, found: bytes, hashes: list[bytes]) -> bytes:
    """The root that an inclusion proof leads to."""
    need(type(place) is int and 0 <= place < size, "no such place")
    last = size - 1
    while last:
        if place & 1 or place < last:
            one = hashes.pop(0)
            found = sha256(b"\x01" + (one + found if place & 1 else found + one)).digest()
        place, last = place >> 1, last >> 1
    need(not hashes, "the proof is too long")
    return found


def sealed(bundle: str, name: str, path: str, value: str, salt: str) -> None:
    size = int(Path(bundle, "checkpoint").read_text("utf-8").split("\n")[1])
    named = (one for one in map(json.loads, records(bundle, size)) if f"{one['id']}/{one['ver']}" == name)
    found = sha256(b"subsidia sealed value v1\x00" + bytes.fromhex(salt) + canonical(value)).hexdigest()
    need(next(named)["sealed"][path] == found, "something else was sealed")


def dump(view: str, version: str) -> None:
    whole = sha256(canonical({"version": int(version), "view": view}) + b"\n")
    rows = sorted(map(json.loads, sys.stdin.buffer), key=lambda row: str(row["key"]))
    for row in rows:
        whole.update(sha256(canonical(row)).digest())
    sys.stdout.write(f"{whole.hexdigest()}\n")


# --- a report: what it shows is its evidence, its rows are what was attested, its records lie in the ledger ---

UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
AROUND = (
    "1106b6afaebd7841426173f486cdbf39b02cc9c8c950be7d0c9f9cade11dfdaa",
    "d01212357b36530f99fac8c74711460f162464a8ac13242e8431f3116bdc9d32",  # until 28 November 2026
    "2fa92c79377da80e94c54925d0e4bd319cfe5c1f491571349d5a0b87ec1c01b4",  # until 28 November 2026
    "1537860b954d5366b514172574465acdbce2fd2a4e333a9165045b19325aab50",  # until 27 November 2026
    "d2ec2b1ed85bc83c39e4b2705bc6d270d44eedfe3b4749d00e2cac0dd6b91bb1",  # until 27 November 2026
)
"""What Subsidia's pages are but for the report and its evidence, by SHA-256: style, script and words could lie, too.

One for each form that the page has had: reports are kept.
"""


def seen(text: str) -> str:
    return UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def pairs(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict | list):
        members = sorted(value.items()) if isinstance(value, dict) else enumerate(value, 1)
        for name, one in members:
            yield from pairs(one, (*path, str(name)))
    else:
        yield seen(" / ".join(path)), seen(value if isinstance(value, str) else json.dumps(value))


def section(around: str, heading: str, title: str, under: Iterable[tuple[str, str]]) -> str:
    """A heading, and the names and texts under it, in the elements in which the page has them."""
    told = "".join(f"<div>{marked('dt', name)}{marked('dd', text)}</div>\n" for name, text in under)
    opened = around + (' id="whole"' if heading == "h2" else "")
    return f"<{opened}>\n{marked(heading, title)}\n<dl>\n{told}</dl>\n\n</{around}>\n"


def marked(tag: str, text: str) -> str:
    shown = text.translate({38: "&amp;", 60: "&lt;", 62: "&gt;", 34: "&#34;", 39: "&#39;"})
    return f"<{tag} data-said>{shown}</{tag}>"


def report(path: str, vkey: str) -> None:
    before, _, rest = Path(path).read_text("utf-8").partition('<main id="report">\n')
    shown, _, rest = rest.partition("</main>")
    between, _, rest = rest.partition('id="evidence">')
    carried, _, after = rest.partition("</script>")
    around = sha256("\0".join((before, between, after)).encode()).hexdigest()
    need(around in AROUND, f"the page around the report is none that Subsidia makes, but {around}")
    it = json.loads(carried)
    size, root = head_of(it["checkpoint"], vkey)
    records = dict[int, dict[str, Any]]()
    for one in it["records"]:
        content, hashes = one["record"].encode(), [bytes.fromhex(each) for each in one["hashes"]]
        need(climbed(one["position"], size, leaf(content), hashes) == root, f"record {one['position']} was not signed")
        records[one["position"]] = json.loads(content)
    of, told = records[it["position"]], ""
    whole = (("as of position", str(it["position"])), ("recorded", of["at"]))
    expected = section("section", "h2", seen(of["ledger"]), whole)
    for row in it["rows"]:
        name, place = seen(f"{row['view']} {row['key']}"), attested(row, records)
        if place != it["position"]:
            told += f"{name}: attested as of position {place}, and not of {it['position']}\n"
        said = (("attested as of position", str(place)), *pairs(json.loads(row["line"])))
        expected += section("section", "h3", name, said)
    for place, record in records.items():
        title = f"Record {place}: {record['at'][:10]} {record['type']} {record.get('because', '')}"
        expected += section("details", "summary", seen(title.rstrip(" ")), pairs(record))
    for nth, (ours, theirs) in enumerate(zip_longest(expected.split("\n"), shown.split("\n")), 1):
        need(ours == theirs, f"line {nth} of the report is {theirs!r} where the evidence says {ours!r}")
    sys.stdout.write(told)


def attested(row: dict[str, Any], records: dict[int, dict[str, Any]]) -> int:
    """As of which position a signed record says that the row was this one."""
    name = f"{row['view']} {row['key']}"
    need(row["attested"] is not None, f"{name}: it was not attested")
    around = [bytes.fromhex(row["attested"][side]) for side in ("before", "after")]
    head = canonical({"version": row["version"], "view": row["view"]}) + b"\n"
    line, one = sha256(row["line"].encode()).digest(), json.loads(row["line"])
    record = records[row["attested"]["recorded"]]
    said = {name: record["data"][name] for name in ("view", "version", "digest")}
    digest = sha256(head + around[0] + line + around[1]).hexdigest()
    needed = {"view": row["view"], "version": row["version"], "digest": digest}
    need(said == needed and record["type"].startswith("view-attested."), f"{name}: it was not attested")
    need(one["key"] == row["key"], f"{name}: the row is of the key {one['key']}")
    return int(record["data"]["position"])


if __name__ == "__main__":
    try:
        {one.__name__: one for one in (verify, proof, sealed, dump, report)}[sys.argv[1]](*sys.argv[2:])
    except (LookupError, ValueError, TypeError, OSError, StopIteration, RecursionError) as error:
        sys.exit(f"refused: {error}")
    if sys.argv[1] != "dump":
        sys.stdout.write("accepted\n")
