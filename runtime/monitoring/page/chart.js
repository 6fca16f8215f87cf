// The candles of one asset, and the marks of its open deals.

import { CandlestickSeries, createChart } from "./vendor/lightweight-charts.js";
import { byId, setText } from "./dom.js";
import { chartOptions, colours, onThemeChange } from "./theme.js";

const bar = ([time, open, high, low, close]) => ({ time, open, high, low, close });

export class Chart {
  constructor() {
    this.title = byId("chart-title");
    this.note = byId("chart-note");
    this.chart = createChart(byId("candles"), chartOptions());
    this.series = this.chart.addSeries(CandlestickSeries, {});
    this.lines = [];
    this.last = 0;
    this.colour();
    onThemeChange(() => this.colour());
  }

  colour() {
    const { gain, loss } = colours();
    this.chart.applyOptions(chartOptions());
    this.series.applyOptions({ upColor: gain, downColor: loss, wickUpColor: gain, wickDownColor: loss, borderVisible: false });
  }

  begin(asset, digits, period) {
    this.asset = asset;
    setText(this.title, `Chart of ${asset}`);
    setText(this.note, "loading");
    const precision = digits ?? 5;
    this.series.applyOptions({ priceFormat: { type: "price", precision, minMove: 10 ** -precision } });
    this.chart.applyOptions({ timeScale: { secondsVisible: period < 60 } });
    this.series.setData([]);
    this.last = 0;
  }

  onBars(messages) {
    for (const { bars, first, error } of messages) {
      if (first) {
        setText(this.note, error || "");
        this.series.setData(bars.map(bar));
        this.last = bars.at(-1)?.[0] ?? 0;
      } else {
        for (const each of bars) {
          this.series.update(bar(each), each[0] < this.last);
          this.last = Math.max(this.last, each[0]);
        }
      }
    }
  }

  /** A line at the entry of each open deal of this asset. */
  onDeals(open) {
    for (const line of this.lines) this.series.removePriceLine(line);
    const { gain, loss } = colours();
    this.lines = open
      .filter(({ asset }) => asset === this.asset)
      .map(({ open_price, direction }) =>
        this.series.createPriceLine({ price: open_price, color: direction === "call" ? gain : loss, title: direction, lineStyle: 2 }),
      );
  }
}
