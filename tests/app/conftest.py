"""Pages as Streamlit draws them, without a browser, over real stores."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import provided
from monitors.config_file import load_config
from monitors.local_service import LocalService

ROOT = Path(__file__).parents[2]
# the demo's logs end with 2013
AS_OF = datetime(2014, 1, 1, tzinfo=UTC)


class Dashboard:
    """The dashboard over one service; each page that it opens is a session of its own."""

    def __init__(self, service, monkeypatch, *, now=AS_OF, recorded=True):
        self.service = service
        place = provided.Provided(service, lambda: now, recorded)
        monkeypatch.setattr(provided._Place, "provided", place)
        st.cache_resource.clear()

    def open(self, page: str, **keys: str) -> AppTest:
        """Draw a page as its address with these keys would."""
        shown = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
        if page != "fleet":
            shown.switch_page(f"app/pages/{page}.py")
        for name, value in keys.items():
            shown.query_params[name] = value
        return shown.run()


def texts_of(shown: AppTest) -> str:
    """Return what a page says, as one text without escapes: headings, sentences, warnings."""
    kinds = ("title", "header", "subheader", "markdown", "caption", "error", "warning", "success")
    kinds = (*kinds, "info", "code")
    said = "\n".join(str(element.value) for kind in kinds for element in getattr(shown, kind))
    return said.replace("\\", "")


@pytest.fixture(scope="session")
def demo_service(demo, tmp_path_factory):
    """The judged sample; for tests that only look."""
    folder = tmp_path_factory.mktemp("dashboard") / "demo"
    shutil.copytree(demo, folder)
    config = load_config(folder / "driftline.yaml", {})
    config = config.model_copy(update={"store": folder / "store"})
    with LocalService.open(config, "0.1.0", create=False) as service:
        yield service


@pytest.fixture
def dashboard(demo_service, monkeypatch) -> Dashboard:
    """The dashboard over the judged sample, as of the end of its data."""
    return Dashboard(demo_service, monkeypatch)


@pytest.fixture
def empty_dashboard(tmp_path, monkeypatch):
    """The dashboard over a store that nothing was ever sent to."""
    config = load_config(None, {}).model_copy(update={"store": tmp_path / "store"})
    with LocalService.open(config, "0.1.0", create=True) as service:
        yield Dashboard(service, monkeypatch, recorded=False)
