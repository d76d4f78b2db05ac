"""The demo publication: its texts, its polls and its pictures, as `seed_demo` loads them."""
