"""The README's configuration table is the settings' own."""

from __future__ import annotations

from api.settings import REPOSITORY, VARIABLES


def table() -> str:
    """The configuration table as the README must carry it between its `settings` marks."""
    rows = [f"| `{v.name}` | {v.default or '–'} | {v.doc} |" for v in VARIABLES]
    return "\n".join(["| variable | default | what it is |", "|---|---|---|", *rows])


def test_readme_lists_every_variable_as_it_is() -> None:
    text = (REPOSITORY / "README.md").read_text()
    _, _, rest = text.partition("<!-- settings: kept true by tests/api/test_readme.py -->\n")
    found, mark, _ = rest.partition("\n<!-- /settings -->")

    assert mark
    assert found.strip() == table()
