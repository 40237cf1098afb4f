"""What a person sees whose machine lacks something."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.stack.layout import ROOT

pytestmark = pytest.mark.req("SY-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy with the same virtual environment, and a PATH on which only the basic tools are."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "deploy" / "kafka").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    shutil.copy(ROOT / "tools" / "bootstrap.sh", tmp_path / "tools")
    shutil.copy(ROOT / "deploy" / "kafka" / "pom.xml", tmp_path / "deploy" / "kafka")
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    for tool in ("bash", "dirname", "mkdir", "cksum", "tr", "cat", "sed", "head", "tail", "rm"):
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    return tmp_path


def with_environment(project: Path) -> None:
    (project / "var").mkdir()
    (project / "var" / "venv").symlink_to(ROOT / "var" / "venv")


def bootstrap(project: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [project / "tools" / "bootstrap.sh"],
        env={"PATH": str(project / "bin"), "HOME": os.environ["HOME"], **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def fake(project: Path, name: str, script: str) -> None:
    file = project / "bin" / name
    file.write_text(f"#!{project / 'bin' / 'bash'}\n{script}\n")
    file.chmod(0o755)


def test_without_python_it_says_what_to_install_where(project: Path) -> None:
    done = bootstrap(project)
    assert done.returncode != 0
    assert "Python 3.11" in done.stderr
    for way in ("apt-get install", "dnf install", "brew install", "wsl --install", "docker compose"):
        assert way in done.stderr


def test_an_old_python_is_not_taken(project: Path) -> None:
    fake(project, "python3", "exit 1")
    assert "Python 3.11" in bootstrap(project).stderr


@pytest.mark.parametrize(
    ("java", "found"), [("", "none"), ("echo 'openjdk version \"11.0.2\" 2019-01-15' >&2", "11")], ids=["none", "old"]
)
def test_without_a_new_enough_java_it_says_so(project: Path, java: str, found: str) -> None:
    with_environment(project)
    if java:
        fake(project, "java", java)
    done = bootstrap(project)
    assert done.returncode != 0
    assert f"Java 17 or newer; found: {found}" in done.stderr
    assert "apt-get install" in done.stderr


def test_without_maven_it_says_so(project: Path) -> None:
    with_environment(project)
    fake(project, "java", "echo 'openjdk version \"21.0.1\" 2023-10-17' >&2")
    done = bootstrap(project)
    assert done.returncode != 0
    assert "Maven (mvn)" in done.stderr


def test_an_existing_kafka_needs_no_java(project: Path) -> None:
    with_environment(project)
    done = bootstrap(project, KAFKA_BOOTSTRAP_SERVERS="kafka:9092")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
