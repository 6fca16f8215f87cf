"""What an operator is woken for, and by what.

``conditions.py`` finds what is wrong in a status. ``alert_book.py`` decides when that is told: grouped, again
after a pause, and once more when it is over. ``channels.py`` sends a notice to a webhook, or to a service
that Apprise knows. ``notifier.py`` is the actor, ``starting.py`` starts it. ``failed_account.py`` tells that
one of several accounts has ended.
"""
