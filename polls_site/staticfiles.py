"""Static files under hashed, compressed names, imports between our JavaScript modules included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    # Without it an imported module would keep its plain name and be cached wrongly for ever.
    support_js_module_import_aggregation = True
