"""The commands of ``enishi``, one module each, with a click command called ``command``."""
