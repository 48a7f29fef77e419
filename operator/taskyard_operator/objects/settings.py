"""The settings of the object store. Its credentials are none of them: they come from the environment."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from taskyard_operator.section import Section


class StorageSettings(Section):
    """The object store."""

    url: Annotated[str, Field(pattern=r"^(s3|s3a|gs|az|azure|abfs|abfss)://[^\s/]\S*$")]
    """Bucket and prefix, such as `s3://tasks/production`; a store that can presign URLs."""
    endpoint: str | None = None
    """Address of an S3 server that is not Amazon's, as pods and the gateway reach it."""
    region: str = "us-east-1"
    path_style: bool = True
    """Name the bucket in the path and not in the host's name; ignored where no endpoint is set."""
    timeout_seconds: Annotated[float, Field(gt=0)] = 30.0
    """Longest wait for one request to the store."""
    url_seconds: Annotated[int, Field(ge=60, le=7 * 24 * 3600)] = 7 * 24 * 3600
    """How long a presigned URL in a ticket is valid; S3 allows seven days at most."""

    @property
    def url_lifetime(self) -> timedelta:
        """`url_seconds` as a time span."""
        return timedelta(seconds=self.url_seconds)
