"""A service as people write it for BentoML, which knows nothing of ours."""

# mypy: ignore-errors

import asyncio
import os
import time
from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import bentoml
from bentoml.exceptions import InvalidArgument, NotFound
from bentoml.validators import ContentType
from PIL.Image import Image
from pydantic import BaseModel, Field

SEEN: list[str] = []
"""What has happened, in order."""


class Order(BaseModel):
    prompt: str
    width: int = Field(default=8, ge=1)


@bentoml.service
class Dictionary:
    """Another service, on which that below depends."""

    def __init__(self) -> None:
        SEEN.append("dictionary built")

    @bentoml.on_startup
    def fill(self) -> None:
        SEEN.append("dictionary filled")
        self.words = {"hello": "bonjour"}

    @bentoml.api
    def translate(self, word: str) -> str:
        return self.words[word]

    @bentoml.api
    async def shout(self, word: str) -> str:
        await asyncio.sleep(0)
        return word.upper()


@bentoml.service
class Grammar:
    """A third one, which depends on the same."""

    dictionary = bentoml.depends(Dictionary)

    @bentoml.api
    def sentence(self, word: str) -> str:
        return f"{self.dictionary.translate(word)}."


@bentoml.service(resources={"cpu": "2", "memory": "1Gi"}, envs=[{"name": "MOOD", "value": "calm"}])
class Studio:
    dictionary = bentoml.depends(Dictionary)
    grammar = bentoml.depends(Grammar)

    def __init__(self) -> None:
        SEEN.append("studio built")
        self.loop: asyncio.AbstractEventLoop | None = None

    @bentoml.on_deployment
    @staticmethod
    def deploy() -> None:
        SEEN.append("deployed")

    @bentoml.on_startup
    def warm(self) -> None:
        SEEN.append("studio warm")

    @bentoml.on_startup
    async def connect(self) -> None:
        self.loop = asyncio.get_running_loop()

    @bentoml.on_shutdown
    async def leave(self) -> None:
        await asyncio.sleep(0)
        print("the studio is closed")

    @bentoml.task
    def history(self) -> list[str]:
        return SEEN

    @bentoml.task
    def greet(self, name: str, times: int = 1) -> str:
        """Say hello."""
        return " ".join([f"Hello, {name}!"] * times)

    @bentoml.task
    async def later(self, name: str) -> str:
        assert asyncio.get_running_loop() is self.loop, "hooks and tasks share a loop"
        await asyncio.sleep(0.01)
        return f"Later, {name}!"

    @bentoml.task
    def with_a_loop_of_its_own(self, name: str) -> str:
        async def inner() -> str:
            return f"{name} in a loop"

        return asyncio.run(inner())

    @bentoml.task
    def translate(self, word: str) -> str:
        return self.dictionary.translate(word) + ", " + self.grammar.sentence(word)

    @bentoml.task
    async def shout(self, word: str) -> str:
        return str(await self.dictionary.shout(word))

    @bentoml.task
    def shout_in_step(self, word: str) -> str:
        return str(self.dictionary.to_sync.shout(word))

    @bentoml.task
    def greet_by_a_sibling(self, name: str) -> str:
        return self.greet(name)

    @bentoml.task
    def draw(self, order: Order) -> Image:
        import PIL.Image

        return PIL.Image.new("RGB", (order.width, 4))

    @bentoml.task
    def sizes(self, images: list[Image], scale: float = 1.0) -> list[list[float]]:
        return [[image.width * scale, image.height * scale] for image in images]

    @bentoml.task
    def choose(
        self,
        style: Literal["oil", "ink"],
        size: Annotated[int, Field(ge=1)] | None = None,
        frame: Optional[Image] = None,  # noqa: UP045 - BentoML cannot import the other form
    ) -> dict[str, Any]:
        return {"style": style, "size": size, "framed": frame is not None}

    @bentoml.task
    def describe(self, document: Path, note: str) -> dict[str, Any]:
        return {"note": note, "text": document.read_text(), "suffix": document.suffix}

    @bentoml.task
    def listen(self, audio: Annotated[Path, ContentType("audio/mpeg")]) -> int:
        return audio.stat().st_size

    @bentoml.task
    def root(self, order: Order, /) -> str:
        return f"{order.prompt}, {order.width} wide"

    @bentoml.task
    def root_text(self, text: str, /) -> str:
        return text.upper()

    @bentoml.task
    def root_numbers(self, numbers: list[int], /) -> int:
        return sum(numbers)

    @bentoml.task
    def root_picture(self, picture: Image, /) -> list[int]:
        return [picture.width, picture.height]

    @bentoml.task
    def root_file(self, document: Path, /) -> int:
        return document.stat().st_size

    @bentoml.task
    def any_number(self, *args: int, **kwargs: int) -> dict[str, Any]:
        return {"args": args, "kwargs": kwargs}

    @bentoml.task
    def archive(self, text: str, context: bentoml.Context) -> Path:
        path = Path(context.temp_dir) / "tale of two.txt"
        path.write_text(text)
        return path

    @bentoml.task
    def lost(self) -> Path:
        return Path("/nowhere/to/be/found")

    @bentoml.task
    def stamped(self, ctx: bentoml.Context) -> dict[str, str]:
        ctx.response.status_code = 207
        ctx.response.headers["X-Stamp"] = "first class"
        ctx.response.headers["Content-Length"] = "7"
        ctx.response.set_cookie("seen", "yes", max_age=60)
        ctx.response.set_cookie("again", "yes")
        return {"task": ctx.request.state.task_id, "mood": os.environ["MOOD"]}

    @bentoml.task
    def refused_by_status(self, ctx: bentoml.Context) -> dict[str, str]:
        ctx.response.status_code = 451
        return {"why": "the law"}

    @bentoml.task
    def misfit(self) -> int:
        return "seven"

    @bentoml.task
    def fail(self) -> str:
        raise ValueError("seven is too many")

    @bentoml.task
    def dislike(self, name: str) -> str:
        raise InvalidArgument(f"{name} will not do")

    @bentoml.task
    def look(self) -> str:
        raise NotFound("nothing of that name")

    @bentoml.task
    def hold(self) -> str:
        print("holding", flush=True)
        time.sleep(60)
        return "never"

    @bentoml.task
    async def hold_later(self) -> str:
        print("holding", flush=True)
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            print("put down", flush=True)
            raise
        return "never"

    @bentoml.api
    def no_task(self) -> str:
        return ""


@bentoml.service
class Broken:
    @bentoml.on_startup
    async def connect(self) -> None:
        await asyncio.sleep(0)
        raise ConnectionError("no such database")

    @bentoml.task
    def greet(self, name: str) -> str:
        return name


@bentoml.service(envs=[{"name": "MODEL_TOKEN"}])
class Demanding:
    @bentoml.task
    def greet(self, name: str) -> str:
        return name
