"""Where a change sits: parts add up, names do not matter, and one guilty slice is found."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from detectors import psi
from detectors.psi import population_stability_index
from detectors.slices import best, decompose, locate
from domain.located import KEPT, Where, readings_in
from domain.profile import ColumnRole, Grid, GridKind
from domain.slice import Slice, SlicedCounts, SliceKind

N_BINS = 6
GRID = Grid(GridKind.QUANTILES, np.arange(N_BINS - 1, dtype=np.float64))
USUAL = np.array([0.1, 0.2, 0.3, 0.2, 0.15, 0.05])
MOVED = np.array([0.35, 0.25, 0.2, 0.1, 0.05, 0.05])
tables = arrays(np.int64, (2, 4, N_BINS), elements=st.integers(0, 400))


def sliced(reference, current, names=None, grid: Grid = GRID) -> SlicedCounts:
    """Slices of cells; nothing is missing or unseen."""
    counts = np.stack(
        [np.asarray(side, np.float64).round().astype(np.int64) for side in (reference, current)]
    )
    counts = np.pad(counts, ((0, 0), (0, 0), (0, 2)))
    names = names or [f"s{i}" for i in range(counts.shape[1])]
    slices = tuple(Slice("by", SliceKind.VALUE, name) for name in names)
    return SlicedCounts("x", grid, slices, counts)


def drawn(rows, moved=(), seed: int = 1) -> list[np.ndarray]:
    """Rows of each slice, drawn; those of some slices from another distribution."""
    rng = np.random.default_rng(seed)
    return [rng.multinomial(n, MOVED if i in moved else USUAL) for i, n in enumerate(rows)]


@given(tables)
@settings(max_examples=200, deadline=None)
def test_mix_and_within_of_all_slices_add_up_to_the_psi_of_the_column(counts):
    assume(counts.any(axis=(1, 2)).all())
    parts = decompose(*counts.astype(np.float64))

    whole = population_stability_index(*counts.sum(axis=1).astype(np.float64))
    assert parts.psi == pytest.approx(whole, rel=1e-9, abs=1e-12)
    assert parts.mix.sum() + parts.within.sum() == pytest.approx(whole, rel=1e-9, abs=1e-12)


@given(tables, st.permutations(range(4)))
@settings(max_examples=100, deadline=None)
def test_relabelling_slices_changes_nothing(counts, order):
    names = ["a", "b", "c", "d"]
    before = locate(sliced(*counts, names))
    after = locate(sliced(*counts[:, order], [names[i] for i in order]))

    if before is None or after is None:
        assert before is after
        return
    one, other = ({r.slice: r for r in found.readings} for found in (before, after))
    for name, reading in one.items():
        for field in ("psi", "part", "share_reference", "share_current"):
            mine, theirs = getattr(reading, field), getattr(other[name], field)
            assert mine is theirs is None or mine == pytest.approx(theirs, rel=1e-6, abs=1e-9)
    assert after.mix == pytest.approx(before.mix, rel=1e-6, abs=1e-9)


@given(tables, st.integers(2, 5))
@settings(max_examples=50, deadline=None)
def test_what_two_slices_of_one_kind_do_is_what_they_do_together(counts, times):
    """Splitting a slice into equal parts leaves mix and within as they were."""
    assume(counts.any(axis=(1, 2)).all())
    whole = decompose(*counts.astype(np.float64))
    split = np.concatenate([np.repeat(counts[:, :1] / times, times, axis=1), counts[:, 1:]], axis=1)
    parts = decompose(*split)
    assert parts.mix.sum() == pytest.approx(whole.mix.sum(), rel=1e-6, abs=1e-9)
    assert parts.within[:times].sum() == pytest.approx(whole.within[0], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("guilty", range(4))
@pytest.mark.parametrize("rows", [(4000, 900, 500, 300), (2000, 2000, 2000, 2000)])
def test_one_guilty_slice_is_found_whatever_its_size(guilty: int, rows):
    found = locate(sliced(drawn([5 * n for n in rows]), drawn(rows, {guilty}, seed=2)))

    assert found is not None
    assert (found.where, found.named.slice.value) == (Where.WITHIN, f"s{guilty}")
    assert found.named.psi > 0.3
    assert found.rest_psi < 0.02
    assert found.mix == pytest.approx(0, abs=0.1)
    assert 0.7 < found.named.part < 1.2
    assert found.named.share_current == pytest.approx(rows[guilty] / sum(rows))


def test_the_psi_of_a_slice_is_the_columns_in_the_columns_bins():
    """Over one slice of two the detector that judges columns says the same."""
    reference, current = drawn([6000, 5000]), drawn([2000, 1500], {0}, seed=3)
    found = locate(sliced(reference, current))
    assert found is not None
    profile = SlicedCounts.totals(sliced(reference[:1], current[:1]))
    judged = psi.detect(*profile, kind=ColumnRole.FEATURE, alpha=0.01)
    assert found.named.psi == pytest.approx(judged.values["excess"])


def test_a_change_of_the_mix_is_told_from_one_inside_of_slices():
    """Slices differ, and none of them changes: only how many rows each has does."""
    rng = np.random.default_rng(4)
    shapes = [USUAL, MOVED, USUAL]
    before = [rng.multinomial(n, p) for n, p in zip([7000, 1000, 2000], shapes, strict=True)]
    after = [rng.multinomial(n, p) for n, p in zip([700, 1100, 200], shapes, strict=True)]
    found = locate(sliced(before, after))
    assert found is not None
    assert found.where is Where.MIX
    assert found.mix > 0.8  # the rest is what sampling did inside of slices
    assert found.named.slice.value == "s1"
    assert (found.named.share_reference, found.named.share_current) == (0.1, 0.55)
    assert all(one.psi < 0.03 for one in found.readings)


def test_a_slice_that_is_new_is_a_change_of_the_mix():
    before, after = drawn([5000, 0]), drawn([1000, 800], {1}, seed=5)
    found = locate(sliced(before, after))
    assert found is not None
    assert (found.where, found.named.share_reference) == (Where.MIX, 0.0)
    assert {one.slice.value: one.psi for one in found.readings}["s1"] is None


@pytest.mark.parametrize("moved", [{0, 1, 2}, {0, 1}])
def test_what_happened_in_several_slices_is_blamed_on_none(moved):
    found = locate(sliced(drawn([5000] * 3), drawn([1000] * 3, moved, seed=6)))
    assert found is not None
    assert found.where is Where.EVERYWHERE


def test_a_slice_with_most_of_the_rows_is_not_blamed_for_what_happened_in_all():
    rows = [8000, 1000, 1000]
    found = locate(sliced(drawn(rows), drawn(rows, {0, 1, 2}, seed=13)))
    assert found is not None
    assert found.named.part > 0.75
    assert found.where is Where.EVERYWHERE


@pytest.mark.parametrize("rows", [(40, 3000), (3000, 40)])
def test_of_too_few_rows_nothing_is_said(rows):
    """The guilty slice, or all the others, are below the fewest rows that can be judged."""
    guilty = 0
    found = locate(sliced(drawn([5 * n for n in rows]), drawn(rows, {guilty}, seed=7)))
    assert found is not None
    assert found.where is Where.UNCLEAR


def test_sampling_alone_is_blamed_on_no_slice():
    """200 windows without a change over ten slices: named at most as often as alpha allows."""
    rng = np.random.default_rng(8)
    rows = [300, 200, 200, 100, 100, 100, 100, 80, 60, 60]
    named = 0
    for _ in range(200):
        before, after = ([rng.multinomial(f * n, USUAL) for n in rows] for f in (5, 1))
        found = locate(sliced(before, after))
        assert found is not None
        named += found.where is not Where.UNCLEAR
    assert named <= 7  # P(Binomial(200, 0.01) > 7) < 0.001


def test_without_two_slices_or_rows_on_both_sides_there_is_nothing_to_say():
    some, none = drawn([500, 500]), drawn([0, 0])
    assert locate(sliced(some[:1], some[:1])) is None
    assert locate(sliced(some, none)) is None
    assert locate(sliced(none, some)) is None
    assert locate(SlicedCounts("x", GRID, (), np.zeros((2, 0, N_BINS + 2), np.int64))) is None


def test_settings_move_the_answer():
    counts = sliced(drawn([5000, 5000]), drawn([100, 900], {0}, seed=9))
    found = [locate(counts, **more) for more in ({}, {"min_rows": 101}, {"alpha": 1e-300})]
    assert [f.where for f in found if f] == [Where.WITHIN, Where.UNCLEAR, Where.UNCLEAR]
    coarse = locate(counts, n_bins=2)
    assert coarse is not None
    assert coarse.named.psi != found[0].named.psi


def test_the_cut_that_explains_most_is_told():
    usual, bad = drawn([5000] * 2), drawn([1000] * 2, {1}, seed=10)
    one = locate(sliced(usual, bad))
    everywhere = locate(sliced(usual, drawn([1000] * 2, {0, 1}, seed=11)))
    assert one is not None
    assert everywhere is not None
    unclear = replace(everywhere, where=Where.UNCLEAR)
    mix = replace(one, where=Where.MIX)
    assert best([unclear, everywhere, mix, one]) is one
    assert best([unclear, everywhere, mix]) is mix
    weaker = replace(one, named=replace(one.named, part=0.7))
    assert best([weaker, one]) is one
    assert best([]) is None


def test_what_a_finding_keeps_is_read_back():
    found = locate(sliced(drawn([5000, 9, 800]), drawn([1000, 3, 200], {0}, seed=12)))
    assert found is not None
    values = found.values()
    assert readings_in(values) == found.readings
    assert json.loads(json.dumps(values)) == values
    assert values["slice"] == "by=s0"
    assert readings_in({k: v for k, v in values.items() if k != KEPT}) == ()
