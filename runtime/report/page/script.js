// Shows what a curve says where the reader points at it; without this the report is complete.
for (const source of document.querySelectorAll(".readings")) {
  const readings = JSON.parse(source.textContent);
  const chart = source.closest(".chart");
  const plot = chart.querySelector(".plot.equity");
  const drawing = plot.querySelector("svg");
  const mark = document.createElement("div");
  const text = document.createElement("span");
  mark.className = "reading";
  mark.append(text);
  const show = (event) => {
    const frame = drawing.getBoundingClientRect();
    const place = (event.clientX - frame.left) / frame.width;
    if (place < 0 || place > 1) {
      mark.remove();
      return;
    }
    const next = readings.findIndex(([at]) => at > place);
    const [at, time, profit, drawdown] = readings[Math.max(0, (next < 0 ? readings.length : next) - 1)];
    text.textContent = `${time}\n${profit}${drawdown ? `\ndrawdown ${drawdown}` : ""}`;
    mark.style.left = `${frame.left - plot.getBoundingClientRect().left + at * frame.width}px`;
    mark.classList.toggle("left", at > 0.6);
    plot.append(mark);
  };
  chart.addEventListener("pointermove", show);
  chart.addEventListener("pointerdown", show);
  chart.addEventListener("pointerleave", () => mark.remove());
}
