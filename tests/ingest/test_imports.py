"""What importing this room costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = """
import sys
import ingest.kinds, ingest.open_table, ingest.read
print("pandas" in sys.modules)
"""


def test_importing_the_room_does_not_import_pandas():
    command = [sys.executable, "-c", CODE]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
