"""What docs/collecting.md tells a reader to send is answered as it says."""

import json
import re
import shutil
import subprocess

import pytest

from api import backpressure, bodies, collect, protocols
from monitors import collect_logs
from tests.api.sending import ROOT, serving

TEXT = (ROOT / "docs" / "collecting.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```console\n(.*?)^```\n\n```json\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_commands_are_answered_as_the_document_says(tmp_path):
    assert len(BLOCKS) == TEXT.count("```console")
    with serving(tmp_path / "store") as server:
        for command, answer in BLOCKS:
            here = command.replace("127.0.0.1:8501", f"127.0.0.1:{server.port}")
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", here],
                cwd=tmp_path, capture_output=True, text=True, check=True,
            )  # fmt: skip
            assert json.loads(done.stdout) == json.loads(answer)


def test_the_limits_are_those_of_the_code():
    told = " ".join(TEXT.split("## Limits")[1].split())
    mib = 2**20
    for limit in (
        f"{bodies.BODY_LIMIT_BYTES // mib} MiB, ",
        f"{bodies.UNPACKED_LIMIT_BYTES // mib} MiB when",
        f"array {bodies.DOCUMENT_LIMIT_BYTES // mib} MiB",
        f"{collect_logs.EVENTS_LIMIT:,} events",
        f"{collect_logs.FEATURES_LIMIT:,} features",
        f"{backpressure.QUEUE_BYTES // mib} MiB of bodies",
        f"{backpressure.SLOW_DOWN_SHARE:.0%}".replace("%", " %"),
    ):
        assert limit in told
    assert f"within {protocols.RECEIVE_S:.0f} s" in TEXT
    assert f"first {collect.ERRORS_SHOWN} are" in TEXT


def test_every_media_type_is_told():
    assert all(f"`{media}`" in TEXT for media in bodies.MEDIA_TYPES)
