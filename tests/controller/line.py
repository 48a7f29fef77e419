"""A line to the API server that can be cut: a process behind it is alone, and its neighbours are not."""

from __future__ import annotations

import json
import select
import socket
import threading
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from .processes import free_port


class Line:
    """Forwards connections to the server of a kubeconfig, until it is cut."""

    def __init__(self, kubeconfig: Path, folder: Path) -> None:
        content = json.loads(kubeconfig.read_text())
        cluster = content["clusters"][0]["cluster"]
        address = urlsplit(cluster["server"])
        self._server = (address.hostname or "", address.port or 443)
        self._listener = socket.create_server(("127.0.0.1", free_port()))
        self._silent, self._closed = threading.Event(), threading.Event()
        self._listener_address = self._listener.getsockname()
        cluster["server"] = f"https://127.0.0.1:{self._listener_address[1]}"
        self.kubeconfig = folder / "line.kubeconfig"
        self.kubeconfig.write_text(json.dumps(content))
        threading.Thread(target=self._accept, daemon=True).start()

    def fall_silent(self) -> None:
        """From now on nothing passes, and nobody is told: as behind a firewall that drops packets."""
        self._silent.set()

    def open(self) -> None:
        """Let a line that was closed forward connections again."""
        self._closed.clear()
        self._listener = socket.create_server(self._listener_address)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """End all connections and refuse new ones."""
        self._closed.set()
        with suppress(OSError):  # closed before
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._server)
            threading.Thread(target=self._forward, args=(near, far), daemon=True).start()

    def _forward(self, near: socket.socket, far: socket.socket) -> None:
        other = {near: far, far: near}
        with near, far, suppress(OSError):
            while not self._closed.is_set():
                readable, _, _ = select.select([near, far], [], [], 0.05)
                if self._silent.is_set():
                    self._closed.wait()
                    return
                for end in readable:
                    data = end.recv(65536)
                    if not data:
                        return
                    other[end].sendall(data)
