"""Is this a picture? Looked at before a task is made of it."""

from typing import IO

from PIL import Image, UnidentifiedImageError

# Pillow has a limit of its own; here a setting decides. Once for the process, as Pillow's is.
Image.MAX_IMAGE_PIXELS = None


def fault_of_picture(file: IO[bytes], max_pixels: int) -> str | None:
    """What is wrong with a picture, or None.

    The header is read and the file's structure verified where its format has checksums; decoding all
    of it is left to the task, so that nobody can make the gateway spend memory on a pixel bomb.
    """
    file.seek(0)
    try:
        with Image.open(file) as picture:
            pixels = picture.width * picture.height
            if pixels > max_pixels:
                return f"the picture has {pixels} pixels, and at most {max_pixels} are taken"
            picture.verify()
    except UnidentifiedImageError:
        return "not a picture in a format that Pillow reads; give for instance PNG, JPEG or WebP"
    except Exception as error:
        return f"a broken picture: {str(error)[:200]}"
    return None
