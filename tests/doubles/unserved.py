"""Actors that no thread serves: a test has them handle their messages one by one."""

from actors.engine.actor import RuntimeActor
from actors.messages.lifecycle import Begin


def handle_next(actor: RuntimeActor) -> None:
    """``actor`` handles its next message or due timer, if it has one."""
    if not len(actor.inbox):
        actor.actor_ref.tell(Begin())  # a timer that is due comes before it
    actor.on_receive(actor.inbox.get().message)


def handle_all(actor: RuntimeActor) -> None:
    """``actor`` handles every message that it was told, and its due timers."""
    handle_next(actor)
    while len(actor.inbox):
        handle_next(actor)
