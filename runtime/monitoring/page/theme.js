// The colours of the style sheet, for what is drawn on a canvas.

const dark = matchMedia("(prefers-color-scheme: dark)");

export function colours() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(
    ["text", "muted", "line", "surface", "gain", "loss", "accent"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
  );
}

export const onThemeChange = (call) => dark.addEventListener("change", call);

/** What all charts have in common. */
export function chartOptions() {
  const { text, line, surface } = colours();
  return {
    autoSize: true,
    layout: { background: { color: surface }, textColor: text, attributionLogo: false, fontFamily: "system-ui, sans-serif" },
    grid: { vertLines: { color: line }, horzLines: { color: line } },
    rightPriceScale: { borderColor: line },
    timeScale: { borderColor: line, timeVisible: true, secondsVisible: false },
  };
}
