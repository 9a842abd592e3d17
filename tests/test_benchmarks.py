"""Where the measured table goes."""

import time

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import clocked, load, results
from benchmarks.results import Result


def test_a_new_table_takes_the_place_of_the_old_one_and_nothing_else(tmp_path):
    page = tmp_path / "speed.md"
    page.write_text("# How fast\n\n<!-- bench -->\n| old |\n<!-- /bench -->\n\nPeers: …\n", "utf-8")
    new = results.table([Result("a click", 80.0, "ms", peer=100.0, target=0.9)])
    results.write(new, page)
    written = page.read_text("utf-8")
    assert written.startswith("# How fast\n\n<!-- bench -->\n| what |")
    assert "| a click | 80.0 ms | 100 ms | 0.80 | ≤ 0.90 | met |" in written
    assert "old" not in written
    assert written.endswith("\n<!-- /bench -->\n\nPeers: …\n")
    results.write("| newer |", page)
    assert page.read_text("utf-8").count("<!-- bench -->") == 1


@pytest.mark.parametrize("text", ["no marks", "<!-- bench -->\nno end\n"])
def test_a_page_without_the_marks_stays_as_it_is(tmp_path, text):
    page = tmp_path / "speed.md"
    page.write_text(text, "utf-8")
    with pytest.raises(ValueError, match="no place for the table"):
        results.write("| new |", page)
    assert page.read_text("utf-8") == text


def test_a_class_is_judged_by_its_slow_answers_and_by_every_error():
    """Of 20 answers 19 take 0.1 s and one 10 s: by hand the 95th percentile is 0.1 + 0.05 × 9.9 s."""
    seen = load.Lesson([0.5], [0.1] * 19 + [10.0], ["a fault"])
    opening, middle, slow, errors = load.rows("a class", seen, "", 1500.0)
    assert opening.ours == pytest.approx(500)
    assert middle.ours == pytest.approx(100)
    assert slow.ours == pytest.approx(595)
    assert (slow.verdict, errors.verdict) == ("met", "missed")
    nobody = load.rows("a class", load.Lesson(), "", 1500.0)
    assert nobody[2].verdict == "missed"


def test_a_class_is_measured_when_it_is_named_and_else_not(monkeypatch, capsys):
    for group in (benchmarks.GROUPS, benchmarks.BY_NAME):
        for name in group:
            monkeypatch.setitem(group, name, lambda name=name: [Result(f"<{name}>", 1.0, "ms")])
    monkeypatch.setattr("sys.argv", ["benchmarks"])
    benchmarks.main()
    assert "<load>" not in (said := capsys.readouterr().out)
    assert all(f"<{name}>" in said for name in benchmarks.GROUPS)
    monkeypatch.setattr("sys.argv", ["benchmarks", "load"])
    benchmarks.main()
    assert "<load>" in capsys.readouterr().out


@pytest.mark.parametrize("place", [each for places in clocked.ENTRIES.values() for each in places])
def test_what_the_profile_adds_up_is_there(place):
    owner, name = clocked.find(place)
    assert callable(getattr(owner, name))


def test_time_within_an_entry_counts_once(monkeypatch):
    monkeypatch.setitem(clocked._spent, "sidebar", 0.0)

    def spin(depth: int) -> None:
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            pass
        if depth:
            again(depth - 1)

    again = clocked._clocked("sidebar", spin)
    before = time.thread_time()
    again(2)
    assert 0.06 <= clocked._spent["sidebar"] <= time.thread_time() - before
