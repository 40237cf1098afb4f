"""The local stack: a real Kafka, a real MongoDB, the simulators and the five services, under supervisord."""

from tools.stack.readiness import StackError
from tools.stack.stack import Stack
from tools.stack.stack_file import StackInfo

__all__ = ["Stack", "StackError", "StackInfo"]
