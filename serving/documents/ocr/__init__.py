"""Optical character recognition: engines behind one seam, the way up of a page, reading order."""
