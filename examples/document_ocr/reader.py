"""Reads one page: finds the lines of text in a picture, and what each of them says.

The three models (finding lines, telling which way up they are, reading them) come inside the
package `rapidocr-onnxruntime`; nothing is downloaded when it runs.
"""

import os
from collections.abc import Sequence

from PIL import Image, ImageOps
from pydantic import BaseModel, Field

Point = list[float]


class Line(BaseModel):
    """One line of text, or a part of a line that stands apart."""

    text: str
    box: list[Point] = Field(description="Corners as [x, y] in pixels, clockwise from the top left")
    confidence: float = Field(ge=0, le=1)


class Page(BaseModel):
    """What one page says: `text` as one would read it, and the lines where they stand."""

    text: str
    lines: list[Line]


class PageReader:
    """The models, loaded once; `read` is called for each page."""

    def __init__(self) -> None:
        # Here and not above, so that `taskyard manifest` works where the models are not installed.
        from rapidocr_onnxruntime import RapidOCR

        # Left alone it starts a thread for every core of the node, also in a pod that may use one.
        threads = int(os.environ.get("OCR_THREADS", "1"))
        self._engine = RapidOCR(intra_op_num_threads=threads, inter_op_num_threads=1)

    def read(self, picture: Image.Image) -> Page:
        """The text of a page; a page without any is no mistake, but an empty `Page`."""
        upright = ImageOps.exif_transpose(picture).convert("RGB")
        found, _seconds = self._engine(upright)
        lines = [
            Line(text=text, box=box, confidence=min(1.0, float(score)))
            for box, text, score in found or []
        ]
        return Page(text=_as_text(lines), lines=lines)


def _as_text(lines: Sequence[Line]) -> str:
    """The lines from top to bottom, with those that stand side by side joined into one."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=_middle):
        if rows and _middle(line) < _middle(rows[-1][0]) + 0.5 * _height(rows[-1][0]):
            rows[-1].append(line)
        else:
            rows.append([line])
    ordered = (sorted(row, key=lambda line: line.box[0][0]) for row in rows)
    return "\n".join(" ".join(line.text for line in row) for row in ordered)


def _middle(line: Line) -> float:
    return sum(y for _, y in line.box) / len(line.box)


def _height(line: Line) -> float:
    heights = [y for _, y in line.box]
    return max(heights) - min(heights)
