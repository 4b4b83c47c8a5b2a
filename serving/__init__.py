"""The model server: archives, handlers, the node that runs them, and the client that calls them."""
