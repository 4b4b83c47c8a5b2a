"""Prices and bills as an AWS account tells them: the Price List API, the spot price history, Cost Explorer."""
