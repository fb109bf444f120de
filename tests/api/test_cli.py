"""The command line: help worth reading, clear refusals, and what each command leaves behind."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from api.cli import main
from api.settings import REPOSITORY, VARIABLES
from tests.helpers.house import free_port, start, start_server

COMMANDS = (
    "serve", "worker", "render", "doctor", "openapi", "scene-schema", "migrate", "token", "user",
    "describe", "sheet",
)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable.name, raising=False)
    monkeypatch.setenv("CYCLORAMA_DATA", str(tmp_path / "data"))


def cyclorama(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments), catch_exceptions=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_worth_reading(command: str) -> None:
    answer = cyclorama(command, "--help")

    assert answer.exit_code == 0
    assert len(answer.output.split()) > 12
    assert command in cyclorama("--help").output


def test_serving_imports_no_torch_and_rendering_no_web_server() -> None:
    code = "import sys, api.cli, api.serve; assert 'torch' not in sys.modules, 'torch'"
    subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=True, timeout=60)
    code = "import sys, api.cli, render.commands; assert not {'fastapi', 'uvicorn', 'pycrdt'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=True, timeout=60)


def test_serve_prints_one_link_that_signs_in_once_and_stops_quickly(tmp_path: Path) -> None:
    server = start_server(tmp_path)
    try:
        links = re.findall(r"http://\S+/sign-in\?token=\S+", server.log.read_text())
        assert len(links) == 1
        with httpx.Client(trust_env=False) as browser:
            assert browser.get(links[0]).headers["location"] == "/"
            assert browser.get(f"{server.url}/api/me").json()["user"]["id"] == "usr_owner"
    finally:
        begun = time.monotonic()
        status = server.stop()

    assert status == 0
    assert time.monotonic() - begun < 10
    assert "Traceback" not in server.log.read_text()


def test_a_taken_port_is_a_clear_error(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        process = start("server", ["serve", "--port", port, "--data", str(tmp_path / "data")], tmp_path, {})
        assert process.popen.wait(60) == 1

    assert f"cannot listen on 127.0.0.1:{port}" in process.tail()
    assert "--port" in process.tail()
    assert "Traceback" not in process.tail()


def test_a_second_server_over_the_same_files_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    first = start_server(tmp_path)
    try:
        second = start("second", ["serve", "--port", str(free_port()), "--data", str(tmp_path / "data")], tmp_path, {})
        assert second.popen.wait(60) == 1
        assert f"another server (process {first.pid} at {first.url}) uses" in second.tail()
        assert "--data" in second.tail()
        assert "Traceback" not in second.tail()
        with first.api() as owner:
            assert owner.get("/api/projects").status_code == 200
        first.kill9()
        start_server(tmp_path, name="third").stop()  # a killed server leaves no lock behind
    finally:
        first.stop()


def test_it_can_be_stopped_while_it_starts(tmp_path: Path) -> None:
    process = start("server", ["serve", "--port", "0", "--data", str(tmp_path / "data")], tmp_path, {})
    assert process.popen.wait(60) == 2, "port 0 is refused: nobody would know the address"
    process = start("worker", ["worker"], tmp_path, {"CYCLORAMA_REDIS_URL": "redis://127.0.0.1:1/0"})
    process.popen.send_signal(signal.SIGTERM)
    assert process.popen.wait(60) != 0


def test_a_worker_without_redis_says_what_to_do() -> None:
    answer = cyclorama("worker")

    assert answer.exit_code == 1
    assert "CYCLORAMA_REDIS_URL" in answer.output


def test_a_setting_that_cannot_be_used_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYCLORAMA_PORT", "eighty")
    answer = cyclorama("doctor")

    assert answer.exit_code == 2
    assert answer.output.strip() == "cyclorama: CYCLORAMA_PORT: must be a port between 1 and 65535, not 'eighty'"


def test_doctor_finds_nothing_wrong_with_nothing_configured() -> None:
    answer = cyclorama("doctor")

    assert answer.exit_code == 0, answer.output
    assert all(variable.name in answer.output for variable in VARIABLES)
    assert "MEND" not in answer.output


def test_doctor_names_what_is_broken_and_how_to_mend_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a-file").write_text("")
    monkeypatch.setenv("CYCLORAMA_DATABASE_URL", "postgresql://ana:hidden@127.0.0.1:1/cyclorama")
    monkeypatch.setenv("CYCLORAMA_REDIS_URL", "redis://:hidden@127.0.0.1:1/0")
    monkeypatch.setenv("CYCLORAMA_DATA", str(tmp_path / "a-file" / "data"))
    monkeypatch.setenv("CYCLORAMA_PROT", "8700")
    answer = cyclorama("doctor")

    assert answer.exit_code == 1
    assert "MEND  database: postgresql://ana:***@127.0.0.1:1/cyclorama" in answer.output
    assert "MEND  redis" in answer.output
    assert "MEND  data folder" in answer.output
    assert "CYCLORAMA_PROT: no such variable" in answer.output
    assert "hidden" not in answer.output


def test_users_tokens_and_links_from_the_command_line() -> None:
    assert cyclorama("migrate").exit_code == 0
    made = cyclorama("user", "create", "ana@example.com", "--name", "Ana")
    token = cyclorama("token", "create", "--user", "ana@example.com", "--label", "laptop")
    link = cyclorama("token", "link")
    twice = cyclorama("user", "create", "ana@example.com")
    nobody = cyclorama("token", "create", "--user", "eve@example.com")

    assert "Ana <ana@example.com>" in made.output
    assert "/sign-in?token=cyl_" in made.output
    assert token.output.startswith("cyc_")
    assert link.output.startswith("http://127.0.0.1:8700/sign-in?token=cyl_")
    assert (twice.exit_code, nobody.exit_code) == (1, 1)
    assert "cyclorama user create eve@example.com" in nobody.output


def test_schemas_are_printed_as_json() -> None:
    assert json.loads(cyclorama("openapi").output)["openapi"].startswith("3.1")
    assert "time_of_day" in json.loads(cyclorama("scene-schema").output)["properties"]


@pytest.mark.parametrize(
    ("scene", "says"),
    [
        ("{", "not JSON"), ('{"scene": {"hase": 1}}', "no such parameter"),
        ('{"scene": {"archetype": "moon"}}', "one of alpine"), ('{"tier": "ultra"}', "tier"),
        ("[" * 200_000, "nested too deeply"),
    ],
)
def test_render_refuses_a_bad_scene_with_one_line(tmp_path: Path, scene: str, says: str) -> None:
    path = tmp_path / "SCENE.json"
    path.write_text(scene)

    answer = cyclorama("render", str(path), "-o", str(tmp_path))

    assert answer.exit_code == 2
    assert says in answer.output
    assert len(answer.output.strip().splitlines()) == 1


def test_describe_prints_parameters_with_reasons_and_a_scene_that_render_takes(tmp_path: Path) -> None:
    plain = cyclorama("describe", "a misty fjord at dawn,", "late autumn, Zorblax")
    scene = cyclorama("describe", "--scene", "INT. KITCHEN – DAWN")
    whole = cyclorama("describe", "--json", "--kind", "coast", "a misty fjord")
    wrong = cyclorama("describe", "--kind", "moon", "a misty fjord")

    assert "dawn → 6.2 h" in plain.output
    assert "not understood: Zorblax" in plain.output
    assert json.loads(scene.output)["scene"]["archetype"] == "kitchen"
    assert json.loads(whole.stdout)["parameters"]["archetype"] == "coast"
    assert wrong.exit_code == 2
