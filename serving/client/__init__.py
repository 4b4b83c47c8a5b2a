"""Calling an endpoint from Python: these names are all there is to use."""

from serving.client.asynchronous import AsyncClient
from serving.client.auth import ApiKey, Auth, Bearer, IamAuth
from serving.client.errors import EndpointError, EndpointTimeoutError, PredictionError
from serving.client.results import (
    Classification,
    Embedding,
    Generation,
    ItemFailure,
    LabelScore,
    Piece,
    Prediction,
    Result,
    Sentiment,
)
from serving.client.retry import Retry, Timeouts
from serving.client.synchronous import Client

__all__ = [
    # clients
    "Client",
    "AsyncClient",
    # how they behave
    "Timeouts",
    "Retry",
    # who calls
    "Auth",
    "IamAuth",
    "ApiKey",
    "Bearer",
    # what comes back
    "Prediction",
    "Classification",
    "LabelScore",
    "Embedding",
    "Sentiment",
    "Generation",
    "Piece",
    "ItemFailure",
    "Result",
    # what is raised
    "EndpointError",
    "EndpointTimeoutError",
    "PredictionError",
]
