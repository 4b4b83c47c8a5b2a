"""One door to every reader: a source becomes documents and failures."""
