"""Static files under hashed, compressed names, imports between our JavaScript modules included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    # Without it an imported module would keep its plain name and be cached wrongly for ever.
    support_js_module_import_aggregation = True

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Compress what pages name: not the files under their plain names, nor source maps (15 s instead of 4)."""
        hashed = set(self.hashed_files.values())
        yield from super().compress_files([path for path in paths if path in hashed and ".map" not in path])
