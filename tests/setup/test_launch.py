"""The launcher: one command starts everything, says where, starts again what dies, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event
from typing import Any
from urllib.request import ProxyHandler, build_opener

import pytest

from core.ports import free_port
from tests.setup import stand_in
from tests.setup.process_table import processes_naming, processes_with, told_by

WITHIN = 40.0  # seconds for anything a test waits for
SERVE = {
    "PUBLIC_URL": "https://line.example.org",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "12345",
    "HOTLINE_NUMBER": "+869785550156",
    "DUTY_NUMBER": "+8616700000110",
}


class Launched:
    """A launcher that runs, and what it printed so far."""

    def __init__(self, folder: Path, *arguments: str, **settings: str) -> None:
        self.data = folder / "data"
        self.output = folder / f"output-{time.monotonic_ns()}"
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "launch.py", *arguments],
                cwd=folder / "house",
                env={"PATH": os.environ["PATH"], "PRIVATE_DIR": str(self.data), **settings},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def printed(self) -> str:
        return self.output.read_text()

    def wait_for(self, words: str) -> str:
        """What it printed, once these words are in it."""
        wait_until(lambda: words in self.printed() or self.process.poll() is not None)
        assert words in self.printed(), self.printed()
        return self.printed()

    def url(self, label: str) -> str:
        found = re.search(rf"^{label}: (\S+)$", self.wait_for(f"{label}: "), re.MULTILINE)
        assert found is not None
        return found[1]

    def end(self, sign: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(sign)
        return self.process.wait(WITHIN)

    def processes(self) -> list[int]:
        """What it started and still runs, servers included."""
        ours = processes_with(f"PRIVATE_DIR={self.data}")
        return sorted({*ours, *processes_naming(self.data)} - {self.process.pid})

    def process_of(self, words: str) -> int:
        return next(pid for pid in self.processes() if words.encode() in told_by(pid, "cmdline"))


@pytest.fixture
def folder() -> Iterator[Path]:
    made = new_folder()
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def demo() -> Iterator[Launched]:
    """One demo for the tests that it outlives."""
    made = new_folder()
    port, phone_port = two_free_ports()
    launched = Launched(made, "run", "--port", str(port), "--phone-port", str(phone_port))
    launched.wait_for("try first: ")
    yield launched
    assert launched.end() == 0
    assert launched.processes() == []
    shutil.rmtree(made)


@pytest.fixture
def launch(folder: Path) -> Iterator[Callable[..., Launched]]:
    started: list[Launched] = []

    def start(*arguments: str, **settings: str) -> Launched:
        started.append(Launched(folder, *arguments, **settings))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()
    wait_until(lambda: not any(one.processes() for one in started))


def test_run_says_where_everything_answers_how_to_sign_in_and_what_to_try(demo: Launched) -> None:
    lines = demo.printed().splitlines()[:5]

    status, phone = demo.url("status URL"), demo.url("phone URL")
    public = status.removesuffix("/readyz")
    assert [line.partition(": ")[0] for line in lines] == [
        "phone URL", "console URL", "status URL", "demo sign-in", "try first",
    ]  # fmt: skip
    assert demo.url("console URL") == f"{public}/console/"
    assert lines[3] == "demo sign-in: agent / abc-def"
    assert "唐晓东" in lines[4]
    assert fetch(status) == {"visits": 1, "clock": "demo", "public": public}
    assert fetch(phone)


def test_the_simulator_learns_the_account_the_number_and_the_city(demo: Launched) -> None:
    told = fetch(demo.url("phone URL"))

    public = demo.url("status URL").removesuffix("/readyz")
    assert re.fullmatch(r"AC[0-9a-f]{32}", told["account_sid"])
    assert re.fullmatch(r"[0-9a-f]{32}", told["auth_token"])
    assert told["public_url"] == demo.url("phone URL").removesuffix("/")
    assert told["contacts"] == [{"number": "+8616200000001"}]
    assert told["numbers"][0]["voice_url"] == f"{public}/ivr/incoming"
    assert told["numbers"][0]["status_callback"] == f"{public}/ivr/status"
    assert told["numbers"][0]["sms_url"] == f"{public}/sms/inbound"
    assert told["app"]["clock_url"] == f"{public}/demo/clock"
    assert told["app"]["links"] == [{"label": {"zh": "工作台", "en": "Console"}, "url": f"{public}/console/"}]


def test_a_second_run_says_that_it_already_runs_and_where(demo: Launched) -> None:
    second = Launched(demo.data.parent, "run")

    assert second.process.wait(WITHIN) == 0
    told, *lines = second.printed().splitlines()
    assert told.startswith("It already runs")
    assert lines == demo.printed().splitlines()[:5]
    assert demo.process.poll() is None


def test_a_program_that_dies_is_started_again_and_a_line_says_so(demo: Launched) -> None:
    killed = demo.process_of("schedule.py")

    os.kill(killed, signal.SIGKILL)

    assert "ticker ended (SIGKILL); it starts again in 1 s" in demo.wait_for("ticker ended")
    wait_until(lambda: any(b"schedule.py" in told_by(pid, "cmdline") for pid in demo.processes()))
    assert demo.process_of("schedule.py") != killed


def test_a_private_server_that_dies_is_started_again(demo: Launched) -> None:
    os.kill(demo.process_of("--listen_addresses"), signal.SIGKILL)

    demo.wait_for("The private server behind DATABASE_URL ended")
    wait_until(lambda: answers(demo.url("status URL")))
    assert fetch(demo.url("status URL"))["visits"] == 1


def test_a_command_of_the_house_works_beside_the_demo(demo: Launched) -> None:
    """What it prints comes out as it is, and its exit code is the launcher's; options are not taken for ours."""
    beside = Launched(demo.data.parent, "flask", "tell", "--place", "AH")

    assert beside.process.wait(WITHIN) == 3
    public = demo.url("status URL").removesuffix("/readyz")
    assert json.loads(beside.printed()) == {"visits": 1, "clock": "demo", "public": public, "place": "AH"}
    assert demo.process.poll() is None


def test_ports_in_use_are_left_alone_and_the_next_ones_taken(launch: Callable[..., Launched]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        demo = launch("run", "--port", str(port), "--phone-port", str(port))
        demo.wait_for("try first: ")

    chosen = {demo.url("status URL").split(":")[2].partition("/")[0], demo.url("phone URL").split(":")[2].strip("/")}
    assert len(chosen) == 2
    assert str(port) not in chosen


def test_a_launcher_that_is_killed_takes_everything_along_and_the_data_survives(
    launch: Callable[..., Launched],
) -> None:
    ports = [str(port) for port in two_free_ports()]
    first = launch("run", "--port", ports[0], "--phone-port", ports[1])
    first.wait_for("try first: ")

    first.end(signal.SIGKILL)
    second = launch("run", "--port", ports[0], "--phone-port", ports[1])
    second.wait_for("try first: ")

    assert fetch(second.url("status URL"))["visits"] == 2
    assert second.end(signal.SIGTERM) == 0
    assert second.processes() == []


def test_it_ends_when_the_process_that_started_it_is_killed(folder: Path) -> None:
    """As `make` does; the parent here is a shell that waits for it."""
    port, phone_port = two_free_ports()
    command = f"{sys.executable} launch.py run --end-with-parent --port {port} --phone-port {phone_port}; true"
    environment = {"PATH": os.environ["PATH"], "PRIVATE_DIR": str(folder / "data")}
    with subprocess.Popen(["sh", "-c", command], cwd=folder / "house", env=environment) as shell:
        wait_until(lambda: answers(f"http://127.0.0.1:{phone_port}/"))
        shell.kill()

    wait_until(lambda: processes_with(f"PRIVATE_DIR={folder / 'data'}") == [])


def test_serve_names_the_setting_that_is_missing_and_starts_nothing(launch: Callable[..., Launched]) -> None:
    without_number = {name: value for name, value in SERVE.items() if name != "HOTLINE_NUMBER"}

    refused = launch("serve", **without_number)

    assert refused.process.wait(WITHIN) == 1
    assert refused.printed().startswith("HOTLINE_NUMBER is not set")
    assert len(refused.printed().splitlines()) == 1
    assert not (refused.data / "postgres").exists()


def test_serve_keeps_the_settings_of_the_environment_and_reads_dot_env(
    launch: Callable[..., Launched], folder: Path
) -> None:
    port, _ = two_free_ports()
    (folder / "house" / ".env").write_text(
        "# settings\nexport PUBLIC_URL='https://other.example.org'\nDUTY_NUMBER=+8616700000110\n"
    )
    settings = {name: value for name, value in SERVE.items() if name != "DUTY_NUMBER"}

    house = launch("serve", "--port", str(port), **settings)

    assert house.url("status URL") == f"http://127.0.0.1:{port}/readyz"
    assert fetch(house.url("status URL")) == {"visits": 0, "clock": "real", "public": "https://line.example.org"}
    assert "phone URL" not in house.printed()
    assert house.end() == 0


def test_serve_does_not_move_to_another_port(launch: Callable[..., Launched]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = launch("serve", "--port", str(port), **SERVE)

        assert refused.process.wait(WITHIN) == 1
    assert refused.printed().startswith(f"Port {port} of 127.0.0.1 is in use")


def test_the_city_can_be_loaded_before_serve_and_beside_it_without_any_setting(
    launch: Callable[..., Launched],
) -> None:
    port, _ = two_free_ports()
    before = launch("seed")
    assert before.process.wait(WITHIN) == 0
    house = launch("serve", "--port", str(port), **SERVE)
    status = house.url("status URL")
    beside = launch("seed")

    assert beside.process.wait(WITHIN) == 0

    assert before.printed() == beside.printed() == "visits: 1 created\n"
    assert fetch(status)["visits"] == 2
    assert house.process.poll() is None


def test_a_start_that_fails_says_where_the_log_is_and_leaves_nothing_behind(
    launch: Callable[..., Launched], folder: Path
) -> None:
    (folder / "house" / "migrations" / "env.py").write_text("raise SystemExit('no room on the disk')\n")
    port, _ = two_free_ports()

    failed = launch("serve", "--port", str(port), **SERVE)

    assert failed.process.wait(WITHIN) == 1
    log = failed.data / "log" / "migrate.log"
    assert failed.printed() == f"migrate failed (exit code 1: no room on the disk); its log: {log}\n"
    assert failed.processes() == []


def new_folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix="linli-launch-"))
    made.chmod(0o711)  # the account of the servers passes through when we are root
    (made / "house").mkdir()
    stand_in.build(made / "house")
    return made


def two_free_ports() -> tuple[int, int]:
    first = free_port()
    second = free_port()
    return first, second


def answers(url: str) -> bool:
    try:
        fetch(url)
    except OSError:
        return False
    return True


def fetch(url: str) -> Mapping[str, Any]:
    with build_opener(ProxyHandler({})).open(url, timeout=5) as response:
        found: Mapping[str, Any] = json.load(response)
    return found


def wait_until(is_so: Callable[[], object]) -> None:
    """Look again and again. Fails after WITHIN seconds."""
    ends, pause = time.monotonic() + WITHIN, Event()
    while not is_so():
        assert time.monotonic() < ends, "it did not happen in time"
        pause.wait(0.05)
