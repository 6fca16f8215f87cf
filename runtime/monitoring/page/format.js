// Numbers and times as people read them.

export const signed = (value, digits = 2) => `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(digits)}`;

export const tone = (value) => (value > 0 ? "gain" : value < 0 ? "loss" : "");

export const price = (value, digits) => (value == null ? "–" : value.toFixed(digits ?? 5));

export const milliseconds = (seconds) => (seconds == null ? "–" : `${(seconds * 1000).toFixed(0)} ms`);

/** The time of day in the zone of the browser. */
export const timeOfDay = (seconds) => new Date(seconds * 1000).toLocaleTimeString([], { hour12: false });

/** A countdown: 0:07, 12:30, 1:02:03. */
export function countdown(seconds) {
  const left = Math.max(0, Math.ceil(seconds));
  const pad = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(left / 3600), Math.floor((left % 3600) / 60)];
  return hours ? `${hours}:${pad(minutes)}:${pad(left % 60)}` : `${minutes}:${pad(left % 60)}`;
}
