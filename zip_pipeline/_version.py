"""The version, the only place where it stands: the build, the image's tag and every manifest read it here."""

__version__ = "0.2.0"
