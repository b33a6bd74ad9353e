"""Templates compiled once for all languages.

Each language has an environment of its own, since its texts are looked up in it. What a template is compiled to is the
same in all of them: texts are looked up when it is rendered, and nothing of a language is folded into the code. So the
first environment compiles, and the others take its code: a start is a few seconds shorter, and each template is in
memory once.
"""

from __future__ import annotations

from types import CodeType

from jinja2.bccache import Bucket, BytecodeCache


class Compiled(BytecodeCache):
    """For environments of one folder of templates that differ in their translations alone. In memory."""

    def __init__(self) -> None:
        self._codes: dict[str, CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get(bucket.key)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._codes[bucket.key] = bucket.code
