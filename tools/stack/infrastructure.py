"""Kafka and MongoDB of a stack: our own, or the clusters that the environment names."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tools.stack import kafka, mongod
from tools.stack.layout import Layout
from tools.stack.ports import LOOPBACK
from tools.stack.programs import Program


@dataclass(frozen=True)
class Infrastructure:
    """`kafka` and `mongo` are addresses; `programs` and their readiness are empty for clusters of others."""

    kafka: str
    mongo: str
    programs: tuple[Program, ...]
    readiness: Mapping[str, Callable[[], bool]]


def given_kafka() -> str:
    return os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "")


def given_mongo() -> str:
    return os.environ.get("MONGO_URL", "")


def port_names() -> list[str]:
    return ["kafka", "kafka-controller"] * (not given_kafka()) + ["mongod"] * (not given_mongo())


def prepare(layout: Layout, ports: Mapping[str, int], mongo_cache_gigabytes: float) -> Infrastructure:
    programs: list[Program] = []
    readiness: dict[str, Callable[[], bool]] = {}
    bootstrap, mongo_url = given_kafka(), given_mongo()
    if not bootstrap:
        bootstrap = f"{LOOPBACK}:{ports['kafka']}"
        programs.append(kafka.prepare(layout, ports["kafka"], ports["kafka-controller"]))
        readiness["kafka"] = lambda: kafka.answers(bootstrap)
    if not mongo_url:
        mongo_url = mongod.url(ports["mongod"])
        programs.append(mongod.prepare(layout, ports["mongod"], mongo_cache_gigabytes))
        readiness["mongod"] = lambda: mongod.answers(ports["mongod"])
    return Infrastructure(bootstrap, mongo_url, tuple(programs), readiness)
