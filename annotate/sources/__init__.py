"""From a script to a study's own code directory: the import closure, and its mirror."""

from annotate.sources.closure import Closure, SourceFile, assemble, python_of, read_closure, shown
from annotate.sources.code_dir import code_dir_of
from annotate.sources.mirrors import mirror

__all__ = ["Closure", "SourceFile", "assemble", "code_dir_of", "mirror", "python_of", "read_closure", "shown"]
