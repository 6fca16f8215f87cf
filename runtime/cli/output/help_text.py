"""What the table and its keys mean."""

from typing import Final

HELP: Final = """\
q        quit, as Ctrl-C does          p   pause the picture, not the runtime
s        sort the streams by state, name, change, payout or age
/        show only streams and deals whose asset contains a text; Esc clears
H        halt: no order is sent;       R   resume; each asks for a second key
1 to 5   enlarge: 1 streams, 2 orders and deals, 3 connections, workers,
         limits, 4 log, 5 alerts; the same key, or Esc, goes back
arrows, PgUp, PgDn, Home   scroll      Ctrl-L   draw anew
Ctrl-Z   suspend, and fg goes on; with `run` the runtime is suspended too

TREND    the prices of the time in its title, one bar for each 5 seconds
CHANGE   from the first of these prices to the last
AGE      how long ago the last tick came
LEFT     until the deal closes, by the venue's clock; for a closed one, when
RESULT   (in brackets) what it would be at the price of now
today    the profit of the deals that closed today (UTC) and are listed:
         those closed since the start, and those that the venue lists
ticks and orders go on whatever is shown here""".splitlines()
