"""The router: which listener gets an event, which caller gets an answer.

``router.py`` is the only actor that users talk to. It reads the links of the worker processes itself:
``links.py`` watches them, and makes ``WorkerDown`` of the end of one.

Inward, a batch passes these steps:

1. ``sequence.py`` compares the batch's number with the last one of its life, and drops what a life that is
   over may not say any more.
2. ``handover.py`` makes a moved stream whole. The new connection is subscribed before the old one is
   unsubscribed. Ticks of the new one are held back until ``StreamReleased`` arrives behind the last tick of
   the old one.
   Then those that the old one has not delivered are delivered. Equal quotes are counted, not compared, so a
   quote that the venue made twice is delivered twice.
3. ``topics.py`` finds the listeners of each event with one look-up; ``subscriptions.py`` knows them. A
   pattern of topics (``actors/messages/topics.py``) is compared with each topic once, not with each event.
4. ``subscriber.py`` calls a user's handler. ``conflation.py`` joins what waits before a slow one.

Outward, a command passes these steps:

1. ``validation.py`` refuses a command whose fields are not what its class says. No later step checks again.
   ``raw_rules.py`` refuses a text that is no message of the venue.
2. ``waiters.py`` keeps the reply slot and the deadline under an id. An answer finds its caller by this id.
3. ``venue_facts.py`` answers from the latest facts: assets, balance, payouts, the clock, refusals. A
   command that cannot be judged before the asset table has come waits for it.
4. ``availability.py`` refuses what would wait in vain: the runtime cannot go on, or all connections are
   closed on purpose.
5. ``way_out.py`` tells it to the actor that carries it out. ``streams.py`` makes the requests that
   begin and end a stream for its owner.

``status.py`` collects the parts of ``GetStatus`` from the other actors; ``answer_times.py`` has the times of
the answers for it.
"""
