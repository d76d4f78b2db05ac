"""French: 12 345 with the narrow space that browsers write."""

THOUSAND_SEPARATOR = "\u202f"
