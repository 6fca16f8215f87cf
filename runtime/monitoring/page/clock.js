// The clocks of the runtime and of the venue, whatever that of the browser says.

let runtimeAhead = 0;
let venueAhead = 0;

/** `time` is what the clock of the runtime says now, `offset` how far the venue's is ahead of it (seconds). */
export function setClocks(time, offset) {
  runtimeAhead = time - Date.now() / 1000;
  venueAhead = offset ?? 0;
}

export const runtimeNow = () => Date.now() / 1000 + runtimeAhead;
export const venueNow = () => runtimeNow() + venueAhead;
