"""Who may talk to the API server, and the kubeconfig file of each.

Everyone shows a token that was drawn when the cluster was first started: the server listens on all
of the machine's addresses where pods must reach it, so a token that can be guessed would not do.
"""

from __future__ import annotations

import base64
import json
import secrets
from pathlib import Path

from .certificates import certificate
from .layout import API_PORT, NODE_NAME, state_dir

API_URL = f"https://127.0.0.1:{API_PORT}"

ADMIN = "admin"
CONTROLLERS = "controllers"
SCHEDULER = "scheduler"
KUBELET = "kubelet"
PROXY = "proxy"

# The user and groups behind each name. The API server grants the system's own users what they
# need; the controllers run under one user here instead of one service account each.
_USERS = {
    ADMIN: ("admin", "system:masters"),
    CONTROLLERS: ("system:kube-controller-manager", "system:masters"),
    SCHEDULER: ("system:kube-scheduler", ""),
    KUBELET: (f"system:node:{NODE_NAME}", "system:nodes"),
    PROXY: ("system:kube-proxy", ""),
}


def kubeconfig(name: str = ADMIN) -> Path:
    """The file with which `name` reaches the API server."""
    return state_dir() / "kubeconfig" / name


def api_cache() -> dict[str, str]:
    """The variable that keeps what kubectl and helm remember of an API with its cluster.

    In their usual place, the user's home, the next cluster at the same address would find it.
    """
    return {"KUBECACHEDIR": str(state_dir() / "api-cache")}


def token_file() -> Path:
    """The API server's list of all tokens."""
    return state_dir() / "kubeconfig" / "tokens.csv"


def make_kubeconfigs() -> None:
    """Draw a token for each user and write their files, unless they are there."""
    if token_file().exists():  # the last one written
        return
    token_file().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    tokens = {name: secrets.token_hex(16) for name in _USERS}
    for name, token in tokens.items():
        kubeconfig(name).write_text(_kubeconfig(token))
    token_file().write_text(
        "".join(
            f'{token},{user},{name},"{groups}"\n'
            for name, token in tokens.items()
            for user, groups in [_USERS[name]]
        )
    )


def token(name: str = ADMIN) -> str:
    """The token of `name`, read back from its file."""
    content = json.loads(kubeconfig(name).read_text())
    return str(content["users"][0]["user"]["token"])


def _kubeconfig(token: str) -> str:
    authority = base64.b64encode(certificate("ca").read_bytes()).decode()
    server = {"server": API_URL, "certificate-authority-data": authority}
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": server}],
        "users": [{"name": "test", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "current-context": "test",
    }
    return json.dumps(content, indent=1)  # which is YAML too
