"""containerd: runs the pods' containers, with runc, and asks the CNI plugins for their network."""

from __future__ import annotations

import json
from pathlib import Path

from .binaries import binary
from .commands import run
from .files import keep
from .layout import BRIDGE, FIRST_POD_IP, HOST_IP, POD_NETWORK, state_dir
from .processes import Process

PAUSE_IMAGE = "localhost/pause:1"
_NAMESPACE = "k8s.io"
"""containerd's name for what belongs to Kubernetes."""
_CNI_PLUGINS = "/usr/lib/cni"
"""Where the distribution's package puts them."""

_CONTAINERD = """\
version = 2
root = "{folder}/root"
state = "{folder}/state"

[grpc]
address = "{socket}"

[plugins."io.containerd.internal.v1.opt"]
path = "{folder}/opt"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{pause}"
stream_server_address = "127.0.0.1"
disable_apparmor = true
# Root may lack CAP_SYS_RESOURCE, and then cannot lower a process's score for the out-of-memory
# killer. Without this each pod would hang in ContainerCreating, with an error that does not say so.
restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{plugins}"
conf_dir = "{networks}"

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false
"""


def up() -> None:
    """Start containerd, and give it the image that holds each pod's namespaces."""
    process = containerd()
    _write_network()
    process.start()
    process.wait_until(lambda: bool(_ctr("version")), timeout=30)
    if PAUSE_IMAGE not in _ctr("images", "list", "--quiet").split():
        _import_pause_image()


def containerd() -> Process:
    text = _CONTAINERD.format(
        folder=_folder(),
        socket=socket(),
        pause=PAUSE_IMAGE,
        plugins=_CNI_PLUGINS,
        networks=_networks(),
    )
    return Process("containerd", ["containerd", "--config", keep(_folder() / "config.toml", text)])


def socket() -> Path:
    """Where the kubelet finds it. The shims of its containers name it on their command lines."""
    return _folder() / "containerd.sock"


def _write_network() -> None:
    addresses = {"subnet": POD_NETWORK, "rangeStart": FIRST_POD_IP, "gateway": HOST_IP}
    plugin = {
        "type": "bridge",
        "bridge": BRIDGE,
        "isDefaultGateway": True,
        "hairpinMode": True,
        "ipMasq": False,
        "ipam": {
            "type": "host-local",
            "dataDir": str(_folder() / "addresses"),
            "ranges": [[addresses]],
        },
    }
    network = {"cniVersion": "0.4.0", "name": "pods", "plugins": [plugin]}
    keep(_networks() / "10-pods.conflist", json.dumps(network, indent=1))


def _import_pause_image() -> None:
    folder = _folder() / "pause"
    archive = folder.with_suffix(".tar")
    layout = 'FROM scratch\nCOPY pause /pause\nUSER 65535:65535\nENTRYPOINT ["/pause"]\n'
    keep(folder / "Dockerfile", layout)
    (folder / "pause").write_bytes(binary("pause").read_bytes())
    (folder / "pause").chmod(0o755)
    run("buildah", "bud", "--quiet", "--isolation=chroot", "--tag", PAUSE_IMAGE, folder)
    archive.unlink(missing_ok=True)
    run("buildah", "push", "--quiet", PAUSE_IMAGE, f"docker-archive:{archive}:{PAUSE_IMAGE}")
    _ctr("images", "import", archive)


def _ctr(*args: str | Path) -> str:
    return run("ctr", "--address", socket(), "--namespace", _NAMESPACE, *args, timeout=60)


def _networks() -> Path:
    return _folder() / "networks"


def _folder() -> Path:
    return state_dir() / "containerd"
