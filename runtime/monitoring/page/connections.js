// The connections, and the lives that each has had.

import { byId, element, rowOf, Rows, setClass, setText } from "./dom.js";
import { milliseconds, timeOfDay } from "./format.js";
import { runtimeNow } from "./clock.js";

const CELLS = ["name", "", "wide", "lives", "number", "number wide", "number wide", "wide"];
const SVG = "http://www.w3.org/2000/svg";
const SPAN = 3600;

export class Connections {
  constructor(controls) {
    this.controls = controls;
    this.lives = new Map();
    this.rows = new Rows(byId("connection-rows"), (connection) => this.make(connection));
  }

  clear() {
    this.lives.clear();
  }

  onLife(life) {
    if (!this.lives.has(life.connection)) this.lives.set(life.connection, new Map());
    this.lives.get(life.connection).set(life.epoch, life);
  }

  make({ name }) {
    const row = rowOf(CELLS);
    row.cells[0].append(element("span", { class: "whole" }, name));
    if (this.controls) {
      const restart = element("button", { type: "button", class: "small", "aria-label": `Restart ${name}` }, "Restart");
      this.controls.twoStep(restart, () => this.controls.operate("restart", { name }));
      row.cells[0].append(" ", restart);
    }
    row.lane = document.createElementNS(SVG, "svg");
    row.lane.setAttribute("role", "img");
    row.cells[3].append(row.lane);
    return row;
  }

  onView(connections) {
    const now = runtimeNow();
    const began = Math.min(now - 60, ...[...this.lives.values()].flatMap((lives) => [...lives.values()].map((life) => life.began)));
    const from = Math.max(began, now - SPAN);
    setText(byId("lives-title"), `Lives since ${timeOfDay(from)}`);
    this.rows.show(connections, ({ name }) => name, (row, connection) => {
      const [, state, region, , life, trip, rate, error] = row.cells;
      setText(state, connection.role ? `${connection.state}, ${connection.role}` : connection.state);
      setClass(state, `state ${connection.state}`);
      setText(region, connection.region || "–");
      setText(life, String(connection.epoch));
      setText(trip, milliseconds(connection.round_trip));
      setText(rate, connection.rate.toFixed(1));
      setText(error, connection.last_error);
      this.draw(row.lane, this.lives.get(connection.name), from, now);
    });
  }

  draw(lane, lives, from, now) {
    const shown = [...(lives?.values() ?? [])].filter(({ ended }) => ended == null || ended > from);
    lane.setAttribute("aria-label", `${shown.length} lives`);
    const bars = shown.map(({ epoch, region, began, ended, reason }) => {
      const part = (time) => Math.max(0, Math.min(1, (time - from) / (now - from)));
      const bar = document.createElementNS(SVG, "rect");
      bar.setAttribute("x", `${part(began) * 100}%`);
      bar.setAttribute("width", `${Math.max(0.3, (part(ended ?? now) - part(began)) * 100)}%`);
      bar.setAttribute("height", "100%");
      bar.setAttribute("class", ended == null ? "up" : "past");
      const title = document.createElementNS(SVG, "title");
      title.textContent = `life ${epoch}, ${region}: ${timeOfDay(began)} to ${ended == null ? "now" : `${timeOfDay(ended)}, ${reason}`}`;
      bar.append(title);
      return bar;
    });
    lane.replaceChildren(...bars);
  }
}
