"""What exists for users of NNI only: its config.yml, and nnictl's words."""

from annotate.nni.config import read_config
from annotate.nni.experiment import Experiment
from annotate.nni.translation import Translated, translated
from annotate.nni.words import called_here

__all__ = ["Experiment", "Translated", "called_here", "read_config", "translated"]
