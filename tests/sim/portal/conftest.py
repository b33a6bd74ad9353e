"""Where the sandbox keeps its TLS files, made once."""

from __future__ import annotations

from tests.portal.conftest import portal_directory

__all__ = ["portal_directory"]
