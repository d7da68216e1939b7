"""Hooks of the site: pages that lie in the repository's root join it.

``CONTRIBUTING.md`` and ``CHANGELOG.md`` stay in the root, where people and tools look for them. Their links to
``docs/`` become links between pages.
"""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
PAGES = {"contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the root's pages to the site."""
    for page, name in PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](")
        files.append(File.generated(config, page, content=text))
    return files
