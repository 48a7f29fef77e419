"""Pictures: `PIL.Image.Image`. Pillow is imported when a value is at hand, never for a schema."""

from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

from taskyard._values.files import file_of, mismatch, only
from taskyard._values.wire import Encoded, InvalidResult, Parts

if TYPE_CHECKING:
    from PIL.Image import Image

_DEFAULT_FORMAT = "PNG"
LOSSLESS: Mapping[str, Mapping[str, Any]] = {
    "PNG": {},
    "JPEG": {"quality": "keep"},
    "WEBP": {"lossless": True},
    "GIF": {},
    "BMP": {},
    "TIFF": {},
}
"""Formats that can be written anew without loss, and how."""


class Picture:
    """`PIL.Image.Image`: a file part in any format that Pillow reads."""

    def schema(self) -> dict[str, Any]:
        """BentoML's form for a picture."""
        return {"type": "file", "format": "image", "pil": True}

    def decode(self, parts: Parts) -> "Image":
        """The picture, wholly read, so that a broken one is found now and not within the task."""
        import PIL.Image

        path = file_of(only(parts))
        try:
            picture = PIL.Image.open(path)
            picture.load()
        except PIL.UnidentifiedImageError:
            raise ValueError("is not a picture in a format that can be read") from None
        except MemoryError:
            raise
        # Pillow's decoders raise nearly anything, from SyntaxError to EOFError, on broken files.
        except Exception as error:
            raise ValueError(f"is a broken picture: {error}") from None
        return picture

    def encode(self, value: Any) -> Encoded:
        """The picture in the format it came in; PNG for one that was made or changed."""
        import PIL.Image

        if not isinstance(value, PIL.Image.Image):
            raise mismatch(value, "PIL.Image.Image")
        form = _format(value)
        moves = form in PIL.Image.SAVE_ALL and getattr(value, "is_animated", False)
        buffer = BytesIO()
        try:
            value.save(buffer, form, save_all=moves, **LOSSLESS.get(form, {}))
        except (OSError, ValueError) as error:
            raise InvalidResult(f"the picture cannot be stored as {form}: {error}") from None
        # Clients of BentoML read the format from this type: it must be Pillow's own name for it.
        return Encoded(buffer.getvalue(), f"image/{form.lower()}")


def _format(picture: "Image") -> str:
    import PIL.Image

    PIL.Image.init()
    form = picture.format
    return form if form is not None and form in PIL.Image.SAVE else _DEFAULT_FORMAT
