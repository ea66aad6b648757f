"""What is kept of rows that were read: while the view stands where it stood, and within one budget for all."""

from services.views.loader import Kept

ROW = b"r" * 700  # with its key, about a thousand bytes


def kept(rows: int) -> Kept[int]:
    return Kept[int](at_most=rows * 1002)


def test_a_row_is_kept_while_its_view_stands_still() -> None:
    rows = kept(10)
    rows.put("trees", 7, 1, "ab", ROW)
    assert rows.get("trees", 7, 1, "ab") == (True, ROW)
    assert rows.get("trees", 7, 2, "ab") == (False, None)
    assert rows.get("trees", 8, 1, "ab") == (False, None)
    rows.put("trees", 8, 1, "cd", None)
    assert rows.get("trees", 8, 1, "cd") == (True, None), "that there is none is kept as well"
    assert rows.get("trees", 7, 1, "ab") == (False, None)


def test_where_the_budget_is_used_up_the_view_that_takes_most_begins_anew() -> None:
    rows = kept(10)
    rows.put("few", 7, 1, "ab", ROW)
    for number in range(9):
        rows.put("many", 7, 1, f"{number:02}", ROW)
    assert rows.get("many", 7, 1, "00") == (True, ROW)
    rows.put("few", 7, 1, "cd", ROW)
    assert rows.get("many", 7, 1, "00") == (False, None)
    assert rows.get("few", 7, 1, "ab") == (True, ROW)
    for number in range(8):
        rows.put("many", 7, 1, f"{number:02}", ROW)
    assert rows.get("many", 7, 1, "00") == (True, ROW), "what was let go of takes no room any more"
