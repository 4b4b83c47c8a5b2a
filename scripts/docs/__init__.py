"""The reference pages, made from the code: `python -m scripts.docs` writes docs/reference."""
