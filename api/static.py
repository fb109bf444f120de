"""The built client at /: hashed assets cached for good, every other page the one that starts the app."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.headers import content_security_policy
from api.pages import client_missing_page

IMMUTABLE = "public, max-age=31536000, immutable"
_START_PAGES = ("index.html", "200.html")
_INLINE_SCRIPT = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
# Python's own table follows the machine's; these must be right for browsers to take a worker or a manifest at all.
_MEDIA_TYPES = {
    ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".html": "text/html",
    ".json": "application/json", ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml",
    ".wasm": "application/wasm", ".woff2": "font/woff2", ".ico": "image/x-icon", ".webp": "image/webp",
    ".png": "image/png", ".txt": "text/plain",
}


class Client(StaticFiles):
    """Serves `client/build`; unknown paths outside /api and /ws get the start page, whose router knows them."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, check_dir=False)
        self.folder = directory
        self.config_checked = True  # a client that is not built yet has a page of its own

    def start_page(self) -> str | None:
        """Name of the page that starts the app, None when the client is not built."""
        return next((name for name in _START_PAGES if (self.folder / name).is_file()), None)

    def policy_of(self, page: str) -> str:
        """Content-Security-Policy of a page: its own inline scripts may run, by their hashes, and no others."""
        scripts = _INLINE_SCRIPT.findall((self.folder / page).read_bytes())
        hashes = [base64.b64encode(hashlib.sha256(script).digest()).decode() for script in scripts]
        return content_security_policy(f"sha256-{each}" for each in hashes)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, the start page, or what is missing and how to mend it."""
        asked = scope["path"]
        if asked.startswith(("/api/", "/ws/")) or asked in ("/api", "/ws"):
            raise HTTPException(404)
        try:
            if path != ".":
                return await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or "." in path.rpartition("/")[2]:
                raise
        page = self.start_page()
        if page is None:
            return HTMLResponse(client_missing_page(str(self.folder)), 503)
        return await super().get_response(page, scope)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """A file with its cache rule and media type."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        name = str(full_path)
        suffix = os.path.splitext(name)[1].lower()
        if suffix in _MEDIA_TYPES and "content-type" in response.headers:
            kind = _MEDIA_TYPES[suffix]
            text = kind.startswith("text/") or kind.endswith(("json", "xml"))
            response.headers["content-type"] = f"{kind}; charset=utf-8" if text else kind
        response.headers["cache-control"] = IMMUTABLE if "/_app/immutable/" in name else "no-cache"
        if suffix == ".html":
            response.headers["content-security-policy"] = self.policy_of(name)
        return response
