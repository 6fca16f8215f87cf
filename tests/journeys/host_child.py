"""A host in a process of its own, to be killed and stopped: ``python host_child.py CONFIG``."""

import sys
import threading

from runtime import Host

if __name__ == "__main__":
    with Host.from_yaml(sys.argv[1]):
        threading.Event().wait(300)
