"""The question types, one module each. A new type is a module and a line here."""

from __future__ import annotations

from types import ModuleType

from polls.questions import multiple, single

TYPES: dict[str, ModuleType] = {
    "single": single,
    "multiple": multiple,
}
