"""`python -m shared.topics ensure`: creates or checks the topics of the cluster that the environment names."""

import asyncio
import os
import sys

from shared.contracts.topics import TOPICS, ensure
from shared.kafka_security import KafkaSecurity
from shared.settings import KafkaSettings


def main() -> None:
    """KAFKA_REPLICATION is the number of replicas of a new topic (default 1)."""
    if sys.argv[1:] != ["ensure"]:
        sys.exit("usage: python -m shared.topics ensure")
    settings = KafkaSettings()
    replication = int(os.environ.get("KAFKA_REPLICATION", "1"))
    options = KafkaSecurity.of(settings).options()
    created = asyncio.run(ensure(settings.kafka_bootstrap_servers, settings.topic_prefix, replication, options))
    sys.stdout.write(f"topics: {len(TOPICS)} in the table, {len(created)} created\n")


if __name__ == "__main__":
    main()
