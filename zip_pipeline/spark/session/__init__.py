"""The Spark session, and the local Spark that it may run on."""

from zip_pipeline.spark.session.opening import open_session, require_packages, session, ship_package

__all__ = ["open_session", "require_packages", "session", "ship_package"]
