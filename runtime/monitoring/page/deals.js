// Pending orders, open deals with their countdown, closed ones with their result, and what the day came to.

import { byId, rowOf, Rows, setClass, setText } from "./dom.js";
import { countdown, price, signed, timeOfDay, tone } from "./format.js";
import { venueNow } from "./clock.js";

const CELLS = ["name", "", "number", "number wide", "number wide", "number wide", "number", "number"];
const MOST = 100;
const DAY = 86400;

export class Deals {
  /** `streams` knows the latest price of each asset, and its digits. */
  constructor(streams) {
    this.streams = streams;
    this.deals = new Map();
    this.pending = [];
    this.rows = new Rows(byId("deal-rows"), () => rowOf(CELLS));
    this.account = "";
    this.earlier = new Map();
    this.changed = true;
  }

  clear() {
    this.deals.clear();
    this.pending = [];
    this.earlier.clear();
    this.changed = true;
  }

  onPending(orders) {
    this.pending = orders.map((order) => ({ ...order, id: `pending ${order.ticket}`, waits: true }));
    this.changed = true;
  }

  onDeal(deal) {
    this.deals.set(deal.id, deal);
    this.changed = true;
  }

  /** The sum of deals of a day that the runtime keeps no more. */
  onEarlier(sum) {
    this.earlier.set(sum.account, sum);
    this.changed = true;
  }

  get profitToday() {
    const midnight = Math.floor(venueNow() / DAY) * DAY;
    const earlier = [...this.earlier.values()].filter(({ account, day }) => (!this.account || account === this.account) && day === midnight);
    return [...earlier, ...this.closedToday].reduce((sum, { profit }) => sum + Number(profit), 0);
  }

  setAccount(account) {
    this.changed ||= account !== this.account;
    this.account = account;
  }

  get ofAccount() {
    return [...this.deals.values()].filter(({ account }) => !this.account || account === this.account);
  }

  get open() {
    return this.ofAccount.filter(({ profit }) => profit == null);
  }

  /** Those that have closed since midnight (UTC, as the limits of a day count), oldest first. */
  get closedToday() {
    const midnight = Math.floor(venueNow() / DAY) * DAY;
    return this.ofAccount
      .filter(({ profit, closes_at }) => profit != null && closes_at >= midnight)
      .sort((one, other) => one.closes_at - other.closes_at);
  }

  /** Shows which deals there are; returns whether that has changed. */
  draw() {
    if (!this.changed) return false;
    this.changed = false;
    const newest = (one, other) => (one.profit == null ? 0 : 1) - (other.profit == null ? 0 : 1) || other.closes_at - one.closes_at;
    const shown = [...this.pending, ...this.ofAccount.sort(newest)].slice(0, MOST);
    byId("no-deals").hidden = shown.length > 0;
    this.rows.show(shown, ({ id }) => id, (row, deal) => this.show(row, deal));
    setText(byId("open"), String(this.open.length));
    const today = this.profitToday;
    setText(byId("today"), signed(today));
    setClass(byId("today"), tone(today));
    return true;
  }

  price({ asset, open_price }, value) {
    const written = String(open_price).split(".")[1]?.length;
    return price(value, this.streams.digitsOf(asset) ?? written);
  }

  show(row, deal) {
    const [asset, side, stake, entry, now, payout, closes, result] = row.cells;
    const rises = deal.direction === "call";
    setText(asset, deal.asset);
    setText(side, rises ? "▲ call" : "▼ put");
    setClass(side, rises ? "gain" : "loss");
    setText(stake, deal.amount);
    if (deal.waits) {
      setText(entry, deal.open_price == null ? "" : this.price(deal, deal.open_price));
      setText(payout, deal.minimum_payout ? `≥ ${deal.minimum_payout} %` : "");
      setText(closes, deal.open_at == null ? "at its price" : "");
      setText(result, "pending");
      setClass(row.element, "pending");
      return;
    }
    setText(entry, this.price(deal, deal.open_price));
    setText(payout, `${deal.payout} %`);
    setClass(row.element, deal.profit == null ? "open" : "closed");
    if (deal.profit == null) return;
    setText(now, this.price(deal, deal.close_price));
    setText(closes, timeOfDay(deal.closes_at));
    const profit = Number(deal.profit);
    setText(result, `${profit > 0 ? "win" : profit < 0 ? "loss" : "draw"} ${signed(profit)}`);
    setClass(result, `number ${tone(profit)}`);
  }

  /** The countdowns, and how each open deal stands: it changes without any message. */
  tick() {
    for (const order of this.pending) {
      const row = this.rows.get(order.id);
      if (!row) continue;
      const latest = this.streams.prices.get(order.asset);
      if (latest !== undefined) setText(row.cells[4], this.price(order, latest));
      if (order.open_at == null) continue;
      const left = order.open_at - venueNow();
      setText(row.cells[6], left > 0 ? `opens in ${countdown(left)}` : "opening");
    }
    for (const deal of this.open) {
      const row = this.rows.get(deal.id);
      if (!row) continue;
      const [, , , , now, , closes, result] = row.cells;
      const latest = this.streams.prices.get(deal.asset);
      const left = deal.closes_at - venueNow();
      setText(closes, left > 0 ? countdown(left) : "closing");
      if (latest === undefined) continue;
      setText(now, this.price(deal, latest));
      const ahead = (latest - deal.open_price) * (deal.direction === "call" ? 1 : -1);
      setText(result, ahead > 0 ? "ahead" : ahead < 0 ? "behind" : "level");
      setClass(result, `number ${tone(ahead)}`);
    }
  }
}
