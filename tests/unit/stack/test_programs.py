"""The supervisord configuration, read back by supervisord's own parser."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from supervisor.options import ServerOptions

from tools.stack.layout import Layout
from tools.stack.programs import Program, Tier, supervisor_conf, value

pytestmark = pytest.mark.req("SY-8")


@pytest.fixture
def parsed(tmp_path: Path) -> Callable[[Program], Any]:
    def parse(program: Program) -> Any:
        layout = Layout(tmp_path)
        layout.make()
        layout.supervisor_conf.write_text(supervisor_conf([program], layout))
        options = ServerOptions()
        options.realize(["-c", str(layout.supervisor_conf), "-n"])
        return options.process_group_configs[0].process_configs[0]

    return parse


AWKWARD_WORDS = ("python", "-c", 'print("100% sure")', "it's", "two words", "a;b", "$HOME", "包裹")


def test_a_command_arrives_word_by_word(parsed: Callable[[Program], Any]) -> None:
    import shlex

    config = parsed(Program("odd", AWKWARD_WORDS, Tier.SERVICES))
    assert tuple(shlex.split(config.command)) == AWKWARD_WORDS


def test_an_environment_arrives_as_it_was(parsed: Callable[[Program], Any]) -> None:
    environment = {"STATE_DIR": "/a b/100%/客服", "MONGO_URL": "mongodb://127.0.0.1:1/?replicaSet=rs0", "EMPTY": ""}
    config = parsed(Program("intake-0", ("true",), Tier.SERVICES, environment))
    assert config.environment == environment


def test_a_killed_program_comes_back_and_a_stopped_one_has_time(parsed: Callable[[Program], Any]) -> None:
    config = parsed(Program("intake-0", ("true",), Tier.SERVICES))
    assert config.autorestart.__name__ == "RestartUnconditionally"
    assert (config.stopwaitsecs, config.stopsignal.name, config.autostart) == (20, "SIGTERM", False)
    assert config.stdout_logfile.endswith("/log/intake-0.log")
    assert (config.stdout_logfile_maxbytes, config.stdout_logfile_backups) == (20 * 1024 * 1024, 3)


def test_services_end_before_what_they_use(parsed: Callable[[Program], Any]) -> None:
    priorities = [parsed(Program("p", ("true",), tier)).priority for tier in Tier]
    assert priorities == sorted(priorities)
    assert len(set(priorities)) == len(Tier)


@pytest.mark.parametrize("text", ['{"seed": 1}', "two\nlines"])
def test_what_supervisord_cannot_express_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="environment"):
        value(text)
