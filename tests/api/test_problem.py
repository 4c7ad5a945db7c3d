"""What went wrong is told in one shape that programs and people can read."""

from __future__ import annotations

import json
from http import HTTPStatus

import pytest

from api.problem import MEDIA_TYPE, problem, problem_of
from domain import errors
from domain.catalogue import say


def every_error(kind: type[errors.DriftlineError] = errors.DriftlineError):
    """The whole tree of what can go wrong."""
    return [kind, *(one for child in kind.__subclasses__() for one in every_error(child))]


def test_a_problem_has_the_members_that_rfc_9457_names():
    answer = problem(413, "api.problem.too-large", limit_bytes=1000, headers={"X-Limit": "1000"})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == MEDIA_TYPE == "application/problem+json"
    assert answer.headers["x-limit"] == "1000"
    assert json.loads(answer.body) == {
        "type": "urn:driftline:problem:too-large",
        "title": "Request Entity Too Large",
        "status": 413,
        "detail": "the body is larger than 1,000 bytes; send it in smaller parts",
    }


def test_a_problem_speaks_the_language_asked_for_and_keeps_its_type():
    english = json.loads(problem(404, "api.problem.unknown-path", path="/v1/x").body)
    chinese = json.loads(problem(404, "api.problem.unknown-path", "zh", path="/v1/x").body)
    assert chinese["detail"] == say("api.problem.unknown-path", "zh", path="/v1/x")
    assert english["type"] == chinese["type"]
    assert english["detail"] != chinese["detail"]


def test_further_members_stand_beside_the_others():
    answer = problem(400, "api.problem.failed", reference="r-1", more={"errors": [{"index": 3}]})
    assert json.loads(answer.body)["errors"] == [{"index": 3}]


@pytest.mark.parametrize("kind", every_error())
def test_every_domain_error_says_its_message_and_its_name(kind: type[errors.DriftlineError]):
    answer = problem_of(kind("the disk /data is full; free some space"))
    told = json.loads(answer.body)
    assert told["detail"] == "the disk /data is full; free some space"
    assert told["error"] == kind.__name__
    assert told["status"] == answer.status_code
    assert told["title"] == HTTPStatus(answer.status_code).phrase


@pytest.mark.parametrize("kind", every_error())
def test_what_the_asker_got_wrong_is_never_called_the_servers_fault(kind):
    status = problem_of(kind("x")).status_code
    asked_wrongly = issubclass(
        kind, errors.UsageError | errors.InputError | errors.NothingToJudgeError
    )
    assert (status < 500) == asked_wrongly


def test_what_passes_by_itself_says_when_to_try_again():
    for kind in (errors.DiskFullError, errors.StoreLockedError):
        answer = problem_of(kind("x"))
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
    assert "retry-after" not in problem_of(errors.StoreVersionError("x")).headers
