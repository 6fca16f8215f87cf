"""The log of a process: one line per record, which a server cannot forge and which holds no secret.

Only the commands of this package open one. ``Runtime`` does not touch the log of a program that embeds it,
but for loguru's first handler where the program has left that as it was (``runtime/logs/embedded``).
"""

from runtime.logs.line import Line, Write, as_json, plain, printable, to_stderr
from runtime.logs.log import EVERY, PRACTICE, Log
from runtime.logs.scrubber import HIDDEN, secrets_in, tokens

__all__ = [
    "EVERY",
    "HIDDEN",
    "PRACTICE",
    "Line",
    "Log",
    "Write",
    "as_json",
    "plain",
    "printable",
    "secrets_in",
    "to_stderr",
    "tokens",
]
