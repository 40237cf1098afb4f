"""A real Kafka for laptops and tests: one KRaft node, controller and broker in one process."""

import asyncio
import os
import subprocess
import threading
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient

from tools.stack.layout import KAFKA_LIBS, ROOT, Layout
from tools.stack.ports import LOOPBACK, is_listening
from tools.stack.programs import Program, Tier

LOG_CONFIG = ROOT / "deploy" / "kafka" / "log4j2.yaml"
# Any fixed id will do: a state directory has one cluster, and it never meets another.
CLUSTER_ID = "cGFyY2VsY2FyZWxvY2FsMA"
HEAP = "512m"


def properties(layout: Layout, port: int, controller_port: int) -> str:
    """The server's configuration: nothing is created by accident, one replica, small caches, quick groups."""
    values = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": layout.data / "kafka",
        "num.partitions": 4,
        "auto.create.topics.enable": "false",
        "default.replication.factor": 1,
        "min.insync.replicas": 1,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "group.initial.rebalance.delay.ms": 0,
        "message.max.bytes": 2 * 1024 * 1024,
        "replica.fetch.max.bytes": 2 * 1024 * 1024,
        "log.index.size.max.bytes": 1024 * 1024,
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
        "num.network.threads": 2,
        "num.io.threads": 4,
        # A broker that was killed may not come back before its old session has ended.
        "broker.session.timeout.ms": 3_000,
        "broker.heartbeat.interval.ms": 500,
    }
    return "".join(f"{key}={value}\n" for key, value in values.items())


def java() -> str:
    home = os.environ.get("JAVA_HOME")
    return str(Path(home) / "bin" / "java") if home else "java"


def java_command(*arguments: str, heap: str = HEAP) -> tuple[str, ...]:
    return (
        java(),
        f"-Xmx{heap}",
        *([f"-Xms{heap}"] if heap == HEAP else []),
        # A laptop's broker lives for minutes: the optimising compiler would take more of two cores than it gives back.
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseG1GC",
        "-XX:+ExitOnOutOfMemoryError",
        f"-Dlog4j2.configurationFile={LOG_CONFIG}",
        "-cp",
        f"{KAFKA_LIBS}/*",
        *arguments,
    )


def prepare(layout: Layout, port: int, controller_port: int) -> Program:
    """Writes the configuration, formats the storage the first time, and says how to run the broker."""
    if not any(KAFKA_LIBS.glob("kafka_*.jar")):
        raise RuntimeError(f"Kafka's jars are not in {KAFKA_LIBS}: run tools/bootstrap.sh first.")
    config = layout.run / "kafka.properties"
    config.write_text(properties(layout, port, controller_port))
    if not (layout.data / "kafka" / "meta.properties").exists():
        _format(config)
    return Program("kafka", java_command("kafka.Kafka", str(config)), Tier.INFRASTRUCTURE)


def _format(config: Path) -> None:
    command = java_command("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(config), heap="128m")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"Kafka's storage could not be formatted:\n{done.stdout}{done.stderr}")


async def _brokers(bootstrap: str) -> int:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=3_000)
    try:
        await admin.start()
        return len((await admin.describe_cluster())["brokers"])
    finally:
        await admin.close()


def answers(bootstrap: str) -> bool:
    """Whether a broker takes requests. Runs its own event loop in a thread: the caller may be inside one."""
    if not is_listening(int(bootstrap.rpartition(":")[2])):  # aiokafka would log every refused connection
        return False
    outcome: list[bool] = []

    def ask() -> None:
        try:
            outcome.append(asyncio.run(_brokers(bootstrap)) > 0)
        except Exception:  # noqa: BLE001 - any failure means "not yet"; the caller has the time limit
            outcome.append(False)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    return outcome[0]
