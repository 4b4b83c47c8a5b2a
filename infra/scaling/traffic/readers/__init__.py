from infra.scaling.traffic.readers.read import FORMS, read_trace

__all__ = ["FORMS", "read_trace"]
