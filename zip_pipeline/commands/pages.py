"""The pages of the documentation, which ``zip-pipeline docs`` prints: no network, no browser.

A wheel has them in ``zip_pipeline/docs/``, a checkout in ``docs/`` beside the package.
"""

from pathlib import Path

from zip_pipeline.errors import ConfigError

PACKAGE = Path(__file__).parents[1]
FIRST = "quickstart"
"""The page to begin with."""


def folder() -> Path:
    """Return the folder of the pages."""
    return next((path for path in (PACKAGE / "docs", PACKAGE.parent / "docs") if path.is_dir()), PACKAGE.parent)


def names() -> list[str]:
    """Return the names of all pages, such as ``quickstart`` and ``decisions/exact``."""
    found = (path.relative_to(folder()).with_suffix("").as_posix() for path in folder().rglob("*.md"))
    return sorted(found, key=lambda name: (name.count("/"), name))


def page(name: str) -> str:
    """Return a page as it is written, in Markdown.

    Raises:
        ConfigError: when there is no such page; it names those that there are.
    """
    wanted = name.removeprefix("docs/").removesuffix(".md")
    if wanted not in names():
        raise ConfigError(f"no page is called {name}; expected one of: {', '.join(names()) or 'none'}")
    return (folder() / f"{wanted}.md").read_text(encoding="utf-8").rstrip()


def contents() -> str:
    """Return the names of all pages with their titles, and where they lie."""
    width = max(map(len, names()), default=0)
    lines = [f"  {name:{width}}  {page(name).splitlines()[0].lstrip('# ')}" for name in names()]
    return "\n".join(["pages:", *lines, "", f"zip-pipeline docs {FIRST} prints one; the files: {folder()}"])
