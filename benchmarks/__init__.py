"""What the site costs and weighs, measured on a site of its own: `make benchmarks`. Nothing here decides a test."""
