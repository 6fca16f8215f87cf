// How much of each limit is used: those of orders, and the rates of messages.

import { byId, element, rowOf, Rows, setText } from "./dom.js";

const CELLS = ["name", "", "number"];

export class Limits {
  constructor() {
    this.rows = new Rows(byId("limit-rows"), () => {
      const row = rowOf(CELLS);
      row.meter = element("meter", { min: "0" });
      row.used = element("span");
      row.cells[1].append(row.meter, " ", row.used);
      return row;
    });
  }

  onView({ limits, windows, waiting }) {
    const rates = Object.entries(windows).map(([rate, free]) => {
      const most = Number(rate.split("/")[0]);
      return { name: `messages, ${rate}`, used: most - free, limit: most };
    });
    const items = [...limits, ...rates, { name: "requests that wait", used: waiting, limit: null }];
    this.rows.show(items, ({ name }) => name, (row, { name, used, limit }) => {
      setText(row.cells[0], name.replaceAll("_", " "));
      row.meter.hidden = limit == null;
      if (limit != null) {
        row.meter.max = Number(limit);
        row.meter.value = Number(used);
        row.meter.high = Number(limit) * 0.8;
        row.meter.setAttribute("aria-label", `${used} of ${limit}`);
      }
      setText(row.used, String(used));
      setText(row.cells[2], limit == null ? "" : String(limit));
    });
  }
}
