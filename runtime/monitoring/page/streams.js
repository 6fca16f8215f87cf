// The table of streams: each price as it moves, and what is known of the stream.

import { byId, element, rowOf, Rows, setClass, setText } from "./dom.js";
import { price, signed, tone } from "./format.js";
import { Sparkline } from "./sparkline.js";
import { colours, onThemeChange } from "./theme.js";

const CELLS = ["name", "number", "", "number wide", "number", "", "number wide", "number wide", "wide"];

export class Streams {
  /** `choose(asset)` shows its chart; `controls` is null on a page that is read only. */
  constructor(choose, controls) {
    this.choose = choose;
    this.controls = controls;
    this.rows = new Rows(byId("stream-rows"), (stream) => this.make(stream));
    this.prices = new Map();
    this.moved = new Set();
    this.streams = [];
    this.chosen = "";
    this.seen = new IntersectionObserver((entries) => {
      for (const entry of entries) entry.target.spark.visible = entry.isIntersecting;
    });
    this.colours = colours();
    onThemeChange(() => (this.colours = colours()));
    this.filter = byId("filter");
    this.filter.addEventListener("input", () => this.showRows());
  }

  make({ asset }) {
    const row = rowOf(CELLS);
    const [name, , spark, , , , , , place] = row.cells;
    row.asset = asset;
    row.button = element("button", { class: "link", type: "button" }, asset);
    row.button.addEventListener("click", () => this.choose(asset));
    name.append(row.button);
    row.spark = new Sparkline();
    row.element.spark = row.spark;
    spark.append(row.spark.canvas);
    this.seen.observe(row.element);
    row.place = element("span");
    place.append(row.place);
    if (this.controls) {
      const end = element("button", { type: "button", class: "small", title: `Unsubscribe ${asset}` }, "×");
      this.controls.twoStep(end, () => this.controls.operate("unsubscribe", { asset }), "end it?");
      place.append(" ", end);
    }
    return row;
  }

  onView(streams) {
    this.streams = streams;
    this.showRows();
    if (!this.chosen && streams.length) this.choose(streams[0].asset);
  }

  showRows() {
    const wanted = this.filter.value.trim().toLowerCase();
    const shown = this.streams.filter(({ asset }) => asset.toLowerCase().includes(wanted));
    this.rows.show(shown, ({ asset }) => asset, (row, stream) => this.show(row, stream));
  }

  show(row, stream) {
    const [, , , , payout, state, rate, gaps] = row.cells;
    row.digits = stream.digits;
    if (!this.prices.has(stream.asset) && stream.price != null) setText(row.cells[1], price(stream.price, stream.digits));
    setText(payout, stream.payout == null ? "–" : `${stream.payout} %`);
    const health = stream.connection ? stream.health : "waits";
    setText(state, stream.cure ? `${health}: ${stream.cure}` : health);
    setClass(state, `state ${health}`);
    setText(rate, stream.rate == null ? "–" : stream.rate.toFixed(1));
    setText(gaps, String(stream.gaps));
    setText(row.place, stream.connection || "–");
    row.button.setAttribute("aria-pressed", String(stream.asset === this.chosen));
  }

  onQuotes(quotes) {
    for (const [asset, [time, value]] of Object.entries(quotes)) {
      this.prices.set(asset, value);
      this.rows.get(asset)?.spark.add(time, value);
      this.moved.add(asset);
    }
  }

  /** Shows what has moved since the last frame. */
  draw(now) {
    for (const asset of this.moved) {
      const row = this.rows.get(asset);
      if (!row) continue;
      if (!row.spark.visible) continue;
      const change = row.spark.change;
      setText(row.cells[1], price(this.prices.get(asset), row.digits));
      setText(row.cells[3], `${signed(change, 3)} %`);
      setClass(row.cells[3], `number wide ${tone(change)}`);
      row.spark.draw(now, this.colours[tone(change) || "muted"]);
      this.moved.delete(asset);
    }
  }

  digitsOf(asset) {
    return this.rows.get(asset)?.digits;
  }

  select(asset) {
    this.chosen = asset;
    for (const row of this.rows.rows.values()) row.button.setAttribute("aria-pressed", String(row.asset === asset));
  }
}
