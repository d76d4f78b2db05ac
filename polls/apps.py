from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _


class PollsConfig(AppConfig):
    name = "polls"
    verbose_name = _("Polls")

    def ready(self) -> None:
        """A row that is checked is not changed by that: what a page shows of a text is read from it, never written.

        Django's check of a row stores every field as it was cleaned; without this the text that stands in for a
        missing translation would become that translation, in whatever language somebody works.
        """
        from modeltrans.fields import TranslatedVirtualField  # noqa: PLC0415  it asks for the settings

        for model in apps.get_models():
            for field in model._meta.private_fields:
                if isinstance(field, TranslatedVirtualField) and field.language in (None, "original"):
                    field.generated = True
