"""The house's walls: imports point one way, `api → collab → render → store`, and the web server never loads torch."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

MAY_IMPORT = {
    "store": {"store"},
    "render": {"render", "store"},
    "collab": {"collab", "render", "store"},
    "api": {"api", "collab", "render", "store"},
}

COLLAB_SEES_OF_RENDER = {
    "render.archetypes", "render.errors", "render.events", "render.queue", "render.scene", "render.scores.request",
    "render.spec", "render.variation_sets", "render.view",
}
"""What a picture is asked for and answered with; never how it is made."""

TORCH_LIVES_IN = (
    "render.abreast", "render.device", "render.engines", "render.film", "render.gbuffer", "render.light",
    "render.materials", "render.planes", "render.scores", "render.shots", "render.visibility", "render.world",
)


def modules(package: str) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((ROOT / package).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        yield name, ast.parse(path.read_text(), str(path))


def imports(tree: ast.Module) -> set[str]:
    """Every module a file names in an import, at its head or inside a function."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, "imports are written in full"
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_point_one_way(package: str) -> None:
    wrong = [
        f"{module} imports {name}"
        for module, tree in modules(package)
        for name in imports(tree)
        if name.split(".")[0] in {*MAY_IMPORT, "tests"} - MAY_IMPORT[package]
    ]

    assert wrong == []


def test_collab_asks_for_pictures_and_knows_not_how_they_are_made() -> None:
    wrong = [
        f"{module} imports {name}"
        for module, tree in modules("collab")
        for name in imports(tree)
        if name.startswith("render.") and is_module(name) and name not in COLLAB_SEES_OF_RENDER
    ]

    assert wrong == []


def test_only_the_engines_and_what_they_stand_on_import_torch() -> None:
    wrong = [
        module
        for package in MAY_IMPORT
        for module, tree in modules(package)
        if any(name.split(".")[0] == "torch" for name in imports(tree)) and not module.startswith(TORCH_LIVES_IN)
    ]

    assert wrong == []


@pytest.mark.parametrize(
    "module", ["api.app", "api.cli", "collab", "render", "render.describe", *sorted(COLLAB_SEES_OF_RENDER)]
)
def test_what_the_web_server_imports_loads_no_torch(module: str) -> None:
    look = f"import sys, {module}; print([name for name in ('torch', 'diffusers') if name in sys.modules])"

    answer = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )

    assert (answer.returncode, answer.stdout) == (0, "[]\n"), answer.stderr


def test_every_module_says_what_it_is_for() -> None:
    silent = [module for package in MAY_IMPORT for module, tree in modules(package) if not ast.get_docstring(tree)]

    assert silent == []
