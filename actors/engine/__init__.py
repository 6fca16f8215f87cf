"""Actors on pykka that wait in one place for messages, timers and file descriptors.

One turn of a dispatcher's thread:

1. ``Dispatcher.next`` takes the inbox that has the next turn. While there is none, the thread sleeps in its
   waker until a sender wakes it, a watched descriptor is ready, or the first timer is due.
2. ``Inbox.serve`` hands up to ``TURN`` envelopes to its actor. Before each envelope it takes the first of:
   a message that overtakes, a due timer, a ready descriptor, a told or asked message.
3. At least once in ``MESSAGES_PER_POLL`` envelopes the descriptors are polled without waiting.
4. ``RuntimeActor`` handles it as pykka's loop does: with a reply, or a failure that ends this actor alone.
5. An inbox that still has messages asks for another turn, behind the others.
"""
