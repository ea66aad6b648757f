"""Files are replaced whole, or stay as they were with nothing beside them."""

from pathlib import Path

import pytest

from services.disk import replace_whole


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    file = tmp_path / "ours.csv"
    for content in (b"one", b"another"):
        replace_whole(file, content)
        assert file.read_bytes() == content
    assert list(tmp_path.iterdir()) == [file]


def test_what_cannot_be_put_in_its_place_leaves_nothing_beside_it(tmp_path: Path) -> None:
    place = tmp_path / "ours.csv"
    place.mkdir()
    with pytest.raises(OSError, match=r"ours\.csv"):
        replace_whole(place, b"one")
    assert list(tmp_path.iterdir()) == [place]
