"""Documents of many formats to predictions: read, turn upright, OCR, cut, predict, gather."""
