"""What a process that reads foreign bytes gives up before it does, so that whoever takes it over gains nothing.

Each layer is one file. `contain` puts them on, one over the other, and says which of them this system has.
"""

from index.containment.report import LAYERS, REFUSED, Containment

__all__ = ["LAYERS", "REFUSED", "Containment"]
