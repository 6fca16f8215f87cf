// What the account was worth in the course of today: the balance and the stakes of open deals.

import { AreaSeries, createChart } from "./vendor/lightweight-charts.js";
import { byId, setText } from "./dom.js";
import { venueNow } from "./clock.js";
import { chartOptions, colours, onThemeChange } from "./theme.js";

export class Equity {
  constructor() {
    this.note = byId("equity-note");
    this.chart = createChart(byId("equity-plot"), chartOptions());
    this.series = this.chart.addSeries(AreaSeries, { lineWidth: 2, priceFormat: { type: "price", precision: 2, minMove: 0.01 } });
    this.colour();
    onThemeChange(() => this.colour());
  }

  colour() {
    const { accent, surface } = colours();
    this.chart.applyOptions(chartOptions());
    this.series.applyOptions({ lineColor: accent, topColor: accent, bottomColor: surface });
  }

  /** `balance` is null before it has come: then the curve begins at 0. */
  show(balance, open, closedToday) {
    const total = closedToday.reduce((sum, { profit }) => sum + Number(profit), 0);
    const stakes = open.reduce((sum, { amount }) => sum + Number(amount), 0);
    let worth = balance == null ? 0 : balance + stakes - total;
    const points = new Map(); // by second: a chart takes one value for each
    const first = closedToday[0]?.closes_at ?? venueNow() - 60;
    points.set(Math.floor(first) - 1, worth);
    for (const { closes_at, profit } of closedToday) {
      worth += Number(profit);
      points.set(Math.floor(closes_at), worth);
    }
    points.set(Math.max(Math.floor(venueNow()), ...points.keys()), worth);
    this.series.setData([...points].map(([time, value]) => ({ time, value })));
    this.chart.timeScale().fitContent();
    const deals = closedToday.length === 1 ? "1 deal" : `${closedToday.length} deals`;
    setText(this.note, closedToday.length ? `${deals} since midnight UTC` : "No deal has closed since midnight UTC.");
  }
}
