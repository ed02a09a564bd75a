"""A client, a gateway and an origin on one machine, in network namespaces: what the system tests and tools/up share."""
from .client import Tls, client_hello, http_get, read_all, read_until
from .gateway import Weir
from .host import Footprint
from .namespaces import Lab
from .origin import Authority, Nginx, Listener
from .resolver import Resolver

__all__ = ["Authority", "Footprint", "Lab", "Listener", "Nginx", "Tls", "Weir", "client_hello", "http_get", "read_all",
           "read_until"]
