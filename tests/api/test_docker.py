"""The Docker files, which no engine has run here: they parse, and everything they name exists."""

from __future__ import annotations

import re
import shlex
from typing import Any

import click
import pytest
import yaml

from api.cli import main
from api.settings import REPOSITORY, VARIABLES, Settings

DOCKER = REPOSITORY / "docker"
DOCKERFILES = ("server.Dockerfile", "worker.Dockerfile")


def compose(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DOCKER / name).read_text())
    return loaded


def commands() -> list[list[str]]:
    """Every `cyclorama …` command in the compose files, images and comments."""
    found = [
        service["command"][1:]
        for name in ("compose.yaml", "compose.gpu.yaml")
        for service in compose(name)["services"].values()
        if service.get("command", [""])[0] == "cyclorama"
    ]
    for name in DOCKERFILES:
        lines = re.findall(r'^CMD \["cyclorama".*', (DOCKER / name).read_text(), re.M)
        found += [re.findall(r'"([^"]+)"', line)[1:] for line in lines]
    text = (DOCKER / "compose.yaml").read_text()
    found += [shlex.split(match)[1:] for match in re.findall(r"exec \w+ (cyclorama .+)", text)]
    return found


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_every_cyclorama_command_exists_with_its_options(arguments: list[str]) -> None:
    command: click.Command = main
    rest = list(arguments)
    while isinstance(command, click.Group):
        assert rest[0] in command.commands
        command = command.commands[rest.pop(0)]
    command.make_context("cyclorama", rest)


def test_every_variable_exists_and_can_be_read() -> None:
    known = {variable.name for variable in VARIABLES}
    for service in compose("compose.yaml")["services"].values():
        given = {k: v for k, v in service.get("environment", {}).items() if k.startswith("CYCLORAMA_")}
        assert set(given) <= known
        # ${NAME:-default} as compose would fill it with nothing set
        Settings.read({k: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", v) for k, v in given.items()})
    for name in DOCKERFILES:
        assert set(re.findall(r"CYCLORAMA_\w+", (DOCKER / name).read_text())) <= known


def test_services_wait_for_each_other_and_keep_their_data() -> None:
    file = compose("compose.yaml")
    services = file["services"]

    for name in ("server", "preview", "settled"):
        assert set(services[name]["depends_on"]) == {"database", "redis", "objects"}
        for other, wait in services[name]["depends_on"].items():
            assert wait == {"condition": "service_healthy"}
            assert "healthcheck" in services[other]
    for service in services.values():
        for volume in service.get("volumes", []):
            assert volume.partition(":")[0] in file["volumes"]


def test_the_gpu_override_changes_services_that_exist() -> None:
    override = compose("compose.gpu.yaml")

    assert set(override["services"]) <= set(compose("compose.yaml")["services"])
    devices = override["services"]["settled"]["deploy"]["resources"]["reservations"]["devices"]
    assert devices[0]["capabilities"] == ["gpu"]


@pytest.mark.parametrize("name", DOCKERFILES)
def test_every_file_that_is_copied_exists_and_is_not_ignored(name: str) -> None:
    kept = {
        line[1:] for line in (DOCKER / f"{name}.dockerignore").read_text().splitlines() if line.startswith("!")
    }
    for line in (DOCKER / name).read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (REPOSITORY / source).exists(), source
                assert source.split("/")[0] in kept, source


@pytest.mark.parametrize("name", DOCKERFILES)
def test_images_run_as_nobody_special_and_stop_by_signal(name: str) -> None:
    text = (DOCKER / name).read_text()

    assert re.search(r"^USER cyclorama$", text, re.M)
    assert re.search(r"^STOPSIGNAL SIGTERM$", text, re.M)
    assert text.index("USER cyclorama") < text.index("CMD [")
