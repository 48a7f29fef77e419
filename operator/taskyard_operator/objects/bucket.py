"""A bucket opened as the settings say."""

from typing import TYPE_CHECKING, Any

from obstore.store import from_url

from taskyard_operator.objects.settings import StorageSettings

if TYPE_CHECKING:  # these exist in obstore's stubs only
    from obstore import SignCapableStore
    from obstore.store import ClientConfig


def opened(settings: StorageSettings) -> "SignCapableStore":
    """The bucket, or the part of it below a prefix; nothing is asked of it yet.

    Raises:
        ValueError, BaseError: they make no sense together.
    """
    options: ClientConfig = {"timeout": f"{settings.timeout_seconds}s"}
    config: dict[str, Any] = {}
    if settings.url.startswith("s3://"):
        config["region"] = settings.region
    if settings.endpoint:
        options["allow_http"] = settings.endpoint.startswith("http://")
        config["endpoint"] = settings.endpoint
        config["virtual_hosted_style_request"] = not settings.path_style
    # The default of ten retries over three minutes is too patient for somebody who waits.
    store: SignCapableStore = from_url(  # type: ignore[call-overload]  # its config is that of the URL's kind
        settings.url,
        config=config,
        client_options=options,
        retry_config={"max_retries": 3},
    )
    return store
