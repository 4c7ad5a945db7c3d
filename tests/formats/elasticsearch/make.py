"""
Record what Debian's rsyslog and syslog-ng send to a collector of ours, as bytes.

Run by hand, as ``python -m tests.formats.elasticsearch.make ROOT``: in ROOT the packages rsyslog,
rsyslog-elasticsearch, syslog-ng-core, syslog-ng-mod-http and what they depend on are unpacked
(``apt-get download``, ``dpkg-deb -x``); ``/`` where they are installed. Each program reads the
lines of ``events.ndjson`` and delivers them to ``/es`` of a real collector through a relay, which
writes the requests beside this, and the answers are shown.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.api.sending import serving

HERE = Path(__file__).parent

RSYSLOG = """
global(workDirectory="{folder}")
module(load="imfile")
module(load="omelasticsearch")
input(type="imfile" file="{lines}" tag="model" ruleset="deliver" freshStartTail="off")
template(name="line" type="string" string="%msg%")
ruleset(name="deliver") {{
  action(type="omelasticsearch" server="http://127.0.0.1:{port}/es" template="line"
         searchIndex="logs" searchType="" bulkmode="on" queue.type="Direct"
         errorFile="{folder}/errors")
}}
"""
SYSLOG_NG = """@version: 3.38
options {{ stats-freq(0); }};
source s {{ file("{lines}" flags(no-parse) follow-freq(1)); }};
destination d {{
  http(url("http://127.0.0.1:{port}/es/_bulk") method("POST")
       headers("Content-Type: application/x-ndjson") workers(1)
       batch-lines(3) batch-timeout(500)
       body("{{\\"index\\":{{\\"_index\\":\\"logs\\"}}}}\\n${{MESSAGE}}")
       body-suffix("\\n") delimiter("\\n"));
}};
log {{ source(s); destination(d); }};
"""


class Relay:
    """Passes bytes on to a collector and keeps those that it is sent."""

    def __init__(self, port: int) -> None:
        self.sent: list[bytes] = []
        self.answered: list[bytes] = []
        self._to = port
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            client, _ = self._door.accept()
            server = socket.create_connection(("127.0.0.1", self._to))
            self.sent.append(b"")
            self.answered.append(b"")
            at = len(self.sent) - 1
            for one in ((client, server, self.sent, at), (server, client, self.answered, at)):
                threading.Thread(target=self._pass_on, args=one, daemon=True).start()

    def _pass_on(self, of: socket.socket, to: socket.socket, kept: list[bytes], at: int) -> None:
        while taken := of.recv(65536):
            kept[at] += taken
            to.sendall(taken)
        to.close()


def environment(root: Path) -> dict[str, str]:
    libraries = ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib/syslog-ng")
    path = ":".join(str(root / library) for library in libraries)
    return os.environ | {"LD_LIBRARY_PATH": path}


def run(name: str, command: list[str], root: Path, relay: Relay, n_lines: int) -> None:
    process = subprocess.Popen(command, env=environment(root))
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            time.sleep(0.5)
            if sum(one.count(b'"status":20') for one in relay.answered) >= n_lines:
                break
    finally:
        process.terminate()
        process.wait(20)
    (HERE / f"{name}.http").write_bytes(b"".join(relay.sent))
    for sent, answered in zip(relay.sent, relay.answered, strict=True):
        sys.stdout.write(f"--- {name}\n{sent.decode()}\n>>>\n{answered.decode()}\n")


def main(root: Path) -> None:
    lines = HERE / "events.ndjson"
    events = [
        {
            "@timestamp": f"2026-11-22T08:00:0{n}.5Z",
            "service.name": "credit",
            "service.version": "7",
            "event": {"id": f"e-{n}", "duration": 1_500_000 * n, "outcome": "success"},
            "ml": {"features": {"age": 30 + n, "region": "süd"}, "prediction": "good"},
        }
        for n in range(5)
    ]
    lines.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in events))
    with tempfile.TemporaryDirectory() as name, serving(Path(name) / "store") as server:
        folder = Path(name)
        modules = root / "usr/lib/x86_64-linux-gnu/rsyslog"
        relay = Relay(server.port)
        config = folder / "rsyslog.conf"
        config.write_text(RSYSLOG.format(folder=folder, lines=lines, port=relay.port))
        started = [f"{root}/usr/sbin/rsyslogd", "-n", "-f", str(config), "-M", str(modules)]
        run("rsyslog", [*started, "-i", f"{folder}/pid"], root, relay, len(events))
        relay = Relay(server.port)
        config = folder / "syslog-ng.conf"
        config.write_text(SYSLOG_NG.format(folder=folder, lines=lines, port=relay.port))
        modules = root / "usr/lib/syslog-ng/3.38"
        started = [f"{root}/usr/sbin/syslog-ng", "-F", "--no-caps", "-f", str(config)]
        started += [f"--module-path={modules}", "-R", f"{folder}/persist", "-p", f"{folder}/pid2"]
        run("syslog-ng", [*started, "-c", f"{folder}/control"], root, relay, len(events))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
