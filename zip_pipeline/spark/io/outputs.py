"""What the config's section ``output`` names, to be written."""

from zip_pipeline import config
from zip_pipeline.spark.io.output import Output


def open_output(place: config.Output) -> Output:
    """Return the output tree that a config names; see `Output`."""
    return Output(place.path, file_format=place.format, mode=place.mode, run_id=place.run_id)
