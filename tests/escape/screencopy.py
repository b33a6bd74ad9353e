"""A picture of what a compositor shows, as grim takes one: wlr-screencopy-unstable-v1, into memory that both see."""

from __future__ import annotations

import mmap
import os
import struct

from PIL import Image

from tests.escape.hands import Line

POOL, BUFFER = 0, 0  # requests of wl_shm and of its pool (wayland.xml)
CAPTURE, COPY = 0, 0  # of the manager and of its frame
BUFFER_IS, READY, FAILED = 0, 2, 3  # what a frame says
XRGB8888, ARGB8888 = 1, 0  # wl_shm's numbers; in memory blue comes first


def picture(line: Line) -> Image.Image:
    """Of the first display, without the pointer, in grey. Raises OSError when the compositor cannot."""
    output, memory = line.bind("wl_output"), line.bind("wl_shm")
    manager, frame = line.bind("zwlr_screencopy_manager_v1"), line.new()
    line.send(manager, CAPTURE, frame, 0, output)
    form, width, height, stride = struct.unpack("=4I", _said(line, frame, BUFFER_IS))
    if form not in (XRGB8888, ARGB8888):
        raise OSError(f"the compositor shows its pixels in a form that is not known here ({form:#x})")
    file = os.memfd_create("picture")
    try:
        os.ftruncate(file, stride * height)
        pool, buffer = line.new(), line.new()
        line.send(memory, POOL, pool, stride * height, file=file)
        line.send(pool, BUFFER, buffer, 0, width, height, stride, form)
        line.send(frame, COPY, buffer)
        _said(line, frame, READY)
        with mmap.mmap(file, stride * height, prot=mmap.PROT_READ) as pixels:
            return Image.frombytes("RGB", (width, height), pixels[:], "raw", "BGRX", stride).convert("L")
    finally:
        os.close(file)


def _said(line: Line, frame: int, word: int) -> bytes:
    """Waited for: what goes with it."""
    while True:
        said = {each.what: each.data for each in line.sync() if each.by == frame}
        if FAILED in said:
            raise OSError("the compositor did not give a picture")
        if word in said:
            return said[word]
