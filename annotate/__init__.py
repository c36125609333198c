"""Write the range beside the value; annotate tunes the script."""

__version__ = "0.1.0"
