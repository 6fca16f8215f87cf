"""The log of a process: one line per record, which neither the wire can forge nor a secret slip through.

Only a program of ours opens one. ``Runtime`` leaves the log of the program that it is part of alone.
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
