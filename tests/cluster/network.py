"""The pods' network on the host: a bridge, a few packet filter rules, and kernel settings.

Pods get their addresses on the bridge from the CNI plugins, see `runtime`. Everything that is
changed here, or by the kubelet and kube-proxy in our name, is put back by `down`.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from .commands import run, succeeds
from .layout import BRIDGE, HOST_IP, POD_NETWORK, state_dir

_MAC = "02:00:0a:58:00:01"
_FILTERS = ("iptables", "ip6tables")
_TABLES = ("nat", "filter", "mangle")
_RULES = (
    # One rule for all pods, in place of CNI's own way, which runs iptables several times for each.
    ("nat", "POSTROUTING", "-s", POD_NETWORK, "!", "-d", POD_NETWORK, "-j", "MASQUERADE"),
    # Docker, where it is installed, drops all that is forwarded and not its own.
    ("filter", "FORWARD", "-i", BRIDGE, "-j", "ACCEPT"),
    ("filter", "FORWARD", "-o", BRIDGE, "-j", "ACCEPT"),
)
_SETTINGS = {"net/ipv4/ip_forward": "1", "net/bridge/bridge-nf-call-iptables": "1"}
_CHANGED_BY_KUBELET = ("vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops")


def up() -> None:
    """Make the bridge before the first pod does: the name server listens on its address."""
    _save_settings()
    if not bridge_is_up():
        # With an address of its own: else it takes one of its ports', and changes it with them.
        run("ip", "link", "add", BRIDGE, "address", _MAC, "type", "bridge")
        run("ip", "address", "add", f"{HOST_IP}/16", "dev", BRIDGE)
        run("ip", "link", "set", BRIDGE, "up")
    for setting, value in _SETTINGS.items():
        _setting(setting).write_text(value)
    for table, chain, *rule in _RULES:
        if not succeeds("iptables", "-w", "-t", table, "-C", chain, *rule):
            run("iptables", "-w", "-t", table, "-A", chain, *rule)


def down() -> None:
    for link in links():
        succeeds("ip", "link", "delete", link)
    for table, chain, *rule in _RULES:
        succeeds("iptables", "-w", "-t", table, "-D", chain, *rule)
    for program in _FILTERS:
        for table in _TABLES:
            _remove_kubernetes_chains(program, table)
    _restore_settings()


def bridge_is_up() -> bool:
    return Path("/sys/class/net", BRIDGE).exists()


def links() -> list[str]:
    """The pods' ends of the bridge, then the bridge."""
    ports = Path("/sys/class/net", BRIDGE, "brif")
    if not bridge_is_up():
        return []
    return [*(port.name for port in ports.iterdir()), BRIDGE]


def rules() -> list[str]:
    """The packet filter rules and chains that are there because of the cluster."""
    return [
        f"{program} {table}: {line}"
        for program in _FILTERS
        for table in _TABLES
        for line in _saved(program, table)
        if _ours(line)
    ]


def _ours(line: str) -> bool:
    return "KUBE-" in line or POD_NETWORK in line or f" {BRIDGE} " in line


def _saved(program: str, table: str) -> list[str]:
    with suppress(Exception):  # no such table in this kernel: then nothing is in it
        return run(f"{program}-save", "-t", table).splitlines()
    return []


def _remove_kubernetes_chains(program: str, table: str) -> None:
    saved = _saved(program, table)
    kept = [line for line in saved if "KUBE-" not in line]
    if kept != saved:
        run(f"{program}-restore", "-w", "-T", table, stdin="\n".join(kept) + "\n")


def _setting(name: str) -> Path:
    return Path("/proc/sys", name)


def _saved_settings() -> Path:
    return state_dir() / "kernel-settings.json"


def _save_settings() -> None:
    if _saved_settings().exists():
        return
    if not _setting("net/bridge").exists():
        succeeds("modprobe", "br_netfilter")
    names = [*_SETTINGS, *_CHANGED_BY_KUBELET]
    values = {name: _setting(name).read_text().strip() for name in names}
    _saved_settings().write_text(json.dumps(values, indent=1))


def _restore_settings() -> None:
    if _saved_settings().exists():
        for name, value in json.loads(_saved_settings().read_text()).items():
            _setting(name).write_text(value)
        _saved_settings().unlink()
