# Everything one needs on a bare machine with git, make and Python: `make run` and `make test`.
PYTHON ?= python3

.PHONY: help run test test-long languages benchmarks gallery
help:  ## List what can be made
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile

run:  ## Start the whole site (HOST=127.0.0.1 PORT=8000); Ctrl-C stops it
	@$(PYTHON) polls_site/prepare.py run

# In the order in which they are written: what was green once is asked the same again. `make test-long` shuffles.
test:  ## Check style, types, layers and migrations, and run the tests, on servers of their own
	@$(PYTHON) polls_site/prepare.py test
	@.venv/bin/python -m tests.everything -m "not long" -n 3 -p no:randomly

test-long:  ## The same with the tests that take minutes, in random order
	@$(PYTHON) polls_site/prepare.py test
	@.venv/bin/python -m tests.everything

languages:  ## Take the texts of code and templates into the catalogues and compile them (needs GNU gettext)
	@$(PYTHON) polls_site/prepare.py test
	@.venv/bin/python -m polls_site.catalogues

benchmarks:  ## Measure what requests cost, what pages weigh and what Lighthouse says (needs nodejs, npm, chromium)
	@$(PYTHON) polls_site/prepare.py test
	@.venv/bin/python -m benchmarks

gallery:  ## Draw every page and state into var/gallery/, on a site of its own
	@$(PYTHON) polls_site/prepare.py test
	@.venv/bin/python -m tests.gallery
