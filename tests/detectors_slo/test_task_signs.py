"""The signs of parts tell the same task as all their rows together."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.metrics import guess_positive, guess_task
from detectors.task_signs import TaskSigns

WORDS = ["late", "on_time", "0", "1", "1.0", "2", "-1", "0.5", "nan", "yes", "no", "x"]
words = st.one_of(st.sampled_from(WORDS), st.integers(0, 60).map(str))
# eighths add up exactly, in whatever order they are summed
scores = st.one_of(st.just(float("nan")), st.integers(0, 8).map(lambda i: i / 8))
rows = st.tuples(words, st.one_of(st.just(""), words), scores)
parts = st.lists(st.lists(rows, max_size=30), min_size=1, max_size=4)


def arrays(part):
    labels, predictions, scores = zip(*part, strict=True) if part else ((), (), ())
    return (
        np.array(labels, dtype=np.str_),
        np.array(predictions, dtype=np.str_),
        np.array(scores, dtype=np.float64),
    )


@given(parts)
def test_parts_tell_the_task_that_all_rows_tell(parts):
    labels, predictions, scored = arrays([row for part in parts for row in part])
    told = TaskSigns.together(TaskSigns.of(*arrays(part)) for part in parts)
    assert told.task() == guess_task(labels, predictions)
    assert told.positive() == guess_positive(labels, predictions, scored)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False).map(repr), min_size=50))
def test_few_values_are_kept_of_many(values):
    nothing = np.full(len(values), np.nan)
    told = TaskSigns.of(np.array(values), np.array(values), nothing)
    assert max(len(told.labels), len(told.predictions)) <= 43
    assert told.task() == guess_task(np.array(values), np.array(values))
