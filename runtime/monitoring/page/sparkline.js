// The course of a price over the last minute, on a small canvas.

const SPAN = 60;
const PAUSE = 500;

export class Sparkline {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.canvas.className = "spark";
    this.canvas.setAttribute("aria-hidden", "true");
    this.points = [];
    this.visible = false;
    this.drawnAt = 0;
  }

  add(time, price) {
    this.points.push([time, price]);
    let old = 0;
    while (old < this.points.length - 1 && this.points[old][0] < time - SPAN) old += 1;
    if (old > 50) this.points.splice(0, old);
  }

  /** The change over what is shown, in percent. */
  get change() {
    const last = this.points.at(-1);
    const first = last && this.points.find(([time]) => time >= last[0] - SPAN);
    return first && first[1] ? (last[1] / first[1] - 1) * 100 : 0;
  }

  /** Draws if it can be seen, and twice a second at most: a price is read in its cell. */
  draw(now, colour) {
    if (!this.visible || now - this.drawnAt < PAUSE || this.points.length < 2) return;
    this.drawnAt = now;
    const scale = devicePixelRatio;
    const [width, height] = [Math.round(90 * scale), Math.round(20 * scale)];
    if (this.canvas.width !== width) [this.canvas.width, this.canvas.height] = [width, height];
    const end = this.points.at(-1)[0];
    const shown = this.points.filter(([time]) => time >= end - SPAN);
    const prices = shown.map(([, price]) => price);
    const [low, high] = [Math.min(...prices), Math.max(...prices)];
    const pen = this.canvas.getContext("2d");
    pen.clearRect(0, 0, width, height);
    pen.beginPath();
    for (const [time, price] of shown) {
      const x = (1 - (end - time) / SPAN) * (width - 2) + 1;
      const y = high === low ? height / 2 : (1 - (price - low) / (high - low)) * (height - 4) + 2;
      pen.lineTo(x, y);
    }
    pen.strokeStyle = colour;
    pen.lineWidth = 1.5 * scale;
    pen.stroke();
  }
}
