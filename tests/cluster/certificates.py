"""The cluster's certificates and keys, made once for each state folder.

One authority signs everything. The keys of nodes' clients are for the API server only: all others
show a token (see `kubeconfig`).
"""

from __future__ import annotations

from pathlib import Path

from .layout import API_SERVICE_IP, CLUSTER_DOMAIN, HOST_IP, state_dir

_API_SERVER_NAMES = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    f"kubernetes.default.svc.{CLUSTER_DOMAIN}",
    "127.0.0.1",
    API_SERVICE_IP,
    HOST_IP,
)


def certificate(name: str) -> Path:
    """The certificate `name`, or the authority's for "ca"."""
    return _folder() / f"{name}.crt"


def key(name: str) -> Path:
    """The private key that belongs to the certificate `name`."""
    return _folder() / f"{name}.key"


def make_certificates() -> None:
    """Make what is missing: all or nothing, as the authority's key must have signed the rest."""
    if key("service-accounts").exists():  # the last one written
        return
    import trustme  # late: it takes a while to load, and a running cluster does not need it

    _folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = trustme.CA(organization_name="test cluster")
    authority.cert_pem.write_to_path(certificate("ca"))
    authority.private_key_pem.write_to_path(key("ca"))
    issued = {
        "apiserver": authority.issue_cert(*_API_SERVER_NAMES, common_name="kube-apiserver"),
        # With this one the API server asks kubelets for logs and exec. The host name is there
        # because Go refuses a certificate whose list of names is empty.
        "kubelet-client": authority.issue_cert(
            "kube-apiserver",
            common_name="kube-apiserver-kubelet-client",
            organization_name="system:masters",
        ),
        # Only the key is used: it signs the tokens of service accounts.
        "service-accounts": authority.issue_cert(common_name="service-accounts"),
    }
    for name, leaf in issued.items():
        leaf.cert_chain_pems[0].write_to_path(certificate(name))
        leaf.private_key_pem.write_to_path(key(name))


def _folder() -> Path:
    return state_dir() / "certificates"
