"""How dates are written, where Django's own ways are not those of our readers: found by `FORMAT_MODULE_PATH`."""
