"""A reader with a browser, and a recorder that lets nothing pass unnoticed."""

import json
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page

# Streamlit asks for these beside a page's own path before it asks at the root
KNOWN_404 = ("/_stcore/health", "/_stcore/host-config")
# by default a page is looked at with every frame that it draws
POLLING_MS = 50
SETTLED = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    return app && app.dataset.testScriptState === 'notRunning'
        && app.dataset.testConnectionState === 'CONNECTED'
        && !document.querySelector('[data-stale="true"], [data-testid=stSkeleton]')
        && document.querySelector('h1')
        && [...document.querySelectorAll('.stPlotlyChart')]
            .every(chart => chart.querySelector('.main-svg'));
}"""
# by how many pixels what is shown is wider than the window
TOO_WIDE = """() => Math.max(...['html', '[data-testid=stMain]'].map(name => {
    const shown = document.querySelector(name);
    return shown.scrollWidth - shown.clientWidth;
}))"""
# 0 is black, 1 is white
BRIGHTNESS = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    const parts = getComputedStyle(app).backgroundColor.match(/[0-9.]+/g);
    return parts.slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 765;
}"""
CHOSEN = """() => Object.fromEntries(
    [...document.querySelectorAll('[data-testid=stMain] [data-testid=stSelectbox]')].map(
        box => [box.querySelector('label').innerText.trim(), box.querySelector('input').value]
    )
)"""


class Visitor:
    """
    One browser profile at one server; what its pages ask for and complain of is recorded.

    ``foreign``: requests to another host. ``errors``: what the console was told. ``received``:
    bytes over the pages' sockets.
    """

    def __init__(
        self,
        browser: Browser,
        url: str,
        *,
        scheme: str = "light",
        width: int = 1440,
        locale: str = "en-US",
        sharpness: float = 1,
    ) -> None:
        self.url = url
        self.foreign: list[str] = []
        self.errors: list[str] = []
        self.received = 0
        self.context = browser.new_context(
            color_scheme=scheme,
            viewport={"width": width, "height": 900},
            device_scale_factor=sharpness,
            locale=locale,
            accept_downloads=True,
        )
        self.context.on("request", lambda request: self._asked(request.url))
        self.context.on("console", self._complained)
        self.context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self.context.on("page", self._watch)
        self.page = self.context.new_page()

    def _watch(self, page: Page) -> None:
        page.on("websocket", lambda socket: self._asked(socket.url))
        page.on("websocket", lambda socket: socket.on("framereceived", self._got))

    def _asked(self, url: str) -> None:
        asked = urlsplit(url)
        own = asked.netloc == urlsplit(self.url).netloc
        if not own and asked.scheme not in {"data", "blob", "about"}:
            self.foreign.append(url)

    def _complained(self, message: ConsoleMessage) -> None:
        where = (message.location or {}).get("url", "")
        known = where.endswith(KNOWN_404) and "404" in message.text
        if message.type == "error" and not known:
            self.errors.append(f"{message.text} ({where})")

    def _got(self, frame: str | bytes) -> None:
        self.received += len(frame)

    def go(self, path: str) -> "Visitor":
        """Open an address of the dashboard and wait until it is drawn."""
        self.page.goto(self.url + path)
        self.settle()
        return self

    def settle(self) -> None:
        """Wait until the page stands still."""
        self.page.wait_for_function(SETTLED, polling=POLLING_MS, timeout=60_000)
        self.page.wait_for_timeout(300)
        self.page.wait_for_function(SETTLED, polling=POLLING_MS, timeout=60_000)

    def arrive(self, path: str) -> None:
        """Wait until the address has that path and its page is drawn."""
        self.page.wait_for_function(f"() => location.pathname === '{path}'")
        self.settle()

    def back(self, path: str) -> None:
        """Go back to a page."""
        self.page.go_back()
        self.arrive(path)

    def aside(self, name: str, path: str) -> None:
        """Click a page in the navigation."""
        self.page.get_by_test_id("stSidebar").get_by_role("link", name=name).click()
        # the hint of a link that is pointed at lies over its neighbours
        self.page.mouse.move(0, 0)
        self.arrive(path)

    def choose(self, label: str, option: str) -> None:
        """Choose from a list."""
        self.page.get_by_label(label, exact=True).first.click()
        self.page.get_by_role("option", name=option, exact=True).click()
        self.settle()

    def narrow(self, width: int) -> None:
        """Make the window that wide."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.settle()

    def heading(self) -> str:
        """Return the page's title."""
        return self.page.locator("h1").inner_text()

    def text(self) -> str:
        """Return what can be read; cells of tables are drawn, not written."""
        return self.page.locator("[data-testid=stMain]").inner_text()

    def chosen(self) -> dict[str, str]:
        """Return what the lists show, by their labels."""
        return self.page.evaluate(CHOSEN)

    def too_wide(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        return self.page.evaluate(TOO_WIDE)

    def brightness(self) -> float:
        """Return the page's background, from 0, black, to 1, white."""
        return self.page.evaluate(BRIGHTNESS)

    def picture(self, path: Path, *, above: str | None = None) -> None:
        """Keep a picture of the page down to a heading: its main part scrolls, so it grows."""
        tall = "document.querySelector('[data-testid=stMain]').scrollHeight"
        size = self.page.viewport_size
        height = min(max(900, self.page.evaluate(f"() => {tall}")), 4000)
        self.page.set_viewport_size({"width": size["width"], "height": height})
        # what is pointed at shows more than the rest
        self.page.mouse.move(size["width"] - 5, height - 5)
        self.settle()
        if above is not None:
            heading = self.page.get_by_role("heading", name=above)
            height = heading.bounding_box()["y"] - 12
        clip = {"x": 0, "y": 0, "width": size["width"], "height": height}
        self.page.screenshot(path=path, clip=clip)
        self.page.set_viewport_size(size)

    def keys(self) -> dict[str, str]:
        """Return the keys of the address."""
        script = "() => JSON.stringify(Object.fromEntries(new URLSearchParams(location.search)))"
        return json.loads(self.page.evaluate(script))

    def path(self) -> str:
        """Return the path of the address."""
        return self.page.evaluate("() => location.pathname")
