"""The `ObjectStore` port on a folder of this machine, whose objects runners read and write as files."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from taskyard_operator.objects.settings import StorageSettings
from taskyard_operator.objects.store import BucketStore

_PORTION = 1000


class FolderSettings(StorageSettings):
    """A folder in place of a bucket."""

    url: Annotated[str, Field(pattern=r"^file:///\S*$")]


class FolderStore(BucketStore):
    """Objects as files. Their URLs are those of the files: a task has the rights of this user anyway."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder.absolute()
        super().__init__(FolderSettings(url=self._folder.as_uri()))

    async def list(self, folder: str, start_after: str = "") -> AsyncIterator[Sequence[str]]:
        """The keys below a folder; see `ObjectStore.list`. A file system tells them in any order."""
        keys = sorted(
            [key async for portion in super().list(folder, start_after) for key in portion]
        )
        for start in range(0, len(keys), _PORTION):
            yield keys[start : start + _PORTION]

    async def _sign(self, method: Any, keys: Sequence[str]) -> Sequence[str]:
        return [(self._folder / key).as_uri() for key in keys]
