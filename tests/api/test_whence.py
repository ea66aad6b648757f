"""Who asks, behind proxies and without: nobody speaks for another address, and one house counts once."""

from collections.abc import Sequence
from ipaddress import ip_network

import pytest

from api.whence import told
from services.config import Config, Misconfigured

PROXIES = (ip_network("127.0.0.1"), ip_network("10.1.0.0/16"), ip_network("2001:db8:5::/64"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("8.8.8.8", (), "8.8.8.8/32"),
        ("8.8.8.8", ("9.9.9.9",), "8.8.8.8/32"),
        ("::ffff:8.8.8.8", (), "8.8.8.8/32"),
        ("2a00:1450:4001:80b::200e", (), "2a00:1450:4001:80b::/64"),
        ("2a00:1450:4001:80b:1:2:3:4", (), "2a00:1450:4001:80b::/64"),
        ("10.1.2.3", ("9.9.9.9",), "9.9.9.9/32"),
        ("10.1.2.3", ("8.8.8.8, 9.9.9.9",), "9.9.9.9/32"),
        ("10.1.2.3", ("8.8.8.8", "9.9.9.9, 127.0.0.1"), "9.9.9.9/32"),
        ("10.1.2.3", ("192.168.7.7",), "192.168.7.7/32"),
        ("2001:db8:5::1", ("9.9.9.9",), "9.9.9.9/32"),
        ("10.1.2.3", ("8.8.8.8, unknown",), None),
        ("10.1.2.3", ("10.1.9.9",), None),
        ("10.1.2.3", (), None),
        ("10.2.0.1", ("9.9.9.9",), None),
        ("::1", (), None),
        ("fe80::1%eth0", (), None),
        (None, ("9.9.9.9",), None),
    ],
    ids=str,
)
def test_who_asks(peer: str | None, forwarded: Sequence[str], expected: str | None) -> None:
    assert told(peer, forwarded, PROXIES) == expected


@pytest.mark.parametrize(
    "said", ["10.1.0.0/16, 127.0.0.1,2001:db8:5::/64", " 10.1.0.0/16,,127.0.0.1 , 2001:db8:5::/64"]
)
def test_proxies_are_named_by_address_or_network(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("SUBSIDIA_PROXIES", said)
    assert set(Config.read().proxies) == set(PROXIES)


@pytest.mark.parametrize("said", ["proxy.example.org", "10.1.0.5/16", "10.1.0.0/33", "10.0.0.5 10.0.0.6"])
def test_what_is_no_proxy_is_said(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("SUBSIDIA_PROXIES", said)
    with pytest.raises(Misconfigured, match="SUBSIDIA_PROXIES"):
        Config.read()
