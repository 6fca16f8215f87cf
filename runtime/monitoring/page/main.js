// Connects to the runtime, and has each section show its part of what comes.

import { Chart } from "./chart.js";
import { setClocks } from "./clock.js";
import { Connections } from "./connections.js";
import { Controls } from "./controls.js";
import { Deals } from "./deals.js";
import { byId, element, setClass, setText } from "./dom.js";
import { Equity } from "./equity.js";
import { Limits } from "./limits.js";
import { Machines } from "./machines.js";
import { Happenings, Log } from "./notes.js";
import { Streams } from "./streams.js";

const facts = await (await fetch("page/facts")).json();
const controls = facts.operable ? new Controls() : null;
const streams = new Streams(choose, controls);
const chart = new Chart();
const deals = new Deals(streams);
const equity = new Equity();
const connections = new Connections(controls);
const limits = new Limits();
const machines = new Machines();
const notes = { stream: new Happenings("gap-notes"), alert: new Happenings("alert-notes") };
const log = new Log("log-lines");
const period = byId("period");
let source = null;
let balance = null;

const ON_CHANGE = {
  deal: (deal) => deals.onDeal(deal),
  pending: ({ orders }) => deals.onPending(orders),
  earlier: (sum) => deals.onEarlier(sum),
  life: (life) => connections.onLife(life),
  note: (note) => notes[note.kind].onNote(note),
  log: (line) => log.onLine(line),
  balance: ({ amount, currency }) => {
    balance = Number(amount);
    deals.changed = true;
    setText(byId("balance"), `${balance.toFixed(2)} ${currency ?? ""}`.trim());
  },
};

function showState(text, name) {
  setText(byId("state"), text);
  setClass(byId("state"), `badge ${name}`);
}

function showReasons({ reasons, halted, refuses, problems, pending }) {
  const texts = [
    ...reasons.map(({ text }) => text),
    ...(halted == null ? [] : [`orders are halted${halted ? `: ${halted}` : ""}`]),
    ...(refuses ? [`orders are refused: ${refuses}`] : []),
    ...problems,
    ...pending.filter(({ reason }) => reason).map(({ asset, reason }) => `${asset}: ${reason}`),
  ];
  const list = byId("reasons");
  if (list.dataset.shown !== JSON.stringify(texts)) {
    list.dataset.shown = JSON.stringify(texts);
    list.replaceChildren(...[...new Set(texts)].map((text) => element("li", {}, text)));
  }
  list.hidden = texts.length === 0;
}

function onView(view) {
  setClocks(view.time, view.clock_offset);
  if (view.disconnected != null) showState("disconnected", "warn");
  else if (view.outage != null) showState(`outage for ${view.outage.toFixed(0)} s`, "bad");
  else if (view.reasons.length) showState("not ready", "bad");
  else showState(view.halted == null ? "ready" : "halted", view.halted == null ? "good" : "warn");
  showReasons(view);
  deals.setAccount(view.account);
  streams.onView(view.streams);
  connections.onView(view.connections);
  limits.onView(view);
  machines.onView(view);
  controls?.onView(view);
}

function onUpdate({ changes = [], quotes, view, bars, error }) {
  for (const change of changes) ON_CHANGE[change.type](change);
  if (view) onView(view);
  if (quotes) streams.onQuotes(quotes);
  if (bars) chart.onBars(bars);
  if (error) showState(error, "bad");
}

/** Everything that comes is about this chart too, so that a page has one connection. */
function connect() {
  source?.close();
  const wanted = new URLSearchParams(streams.chosen ? { asset: streams.chosen, period: period.value } : {});
  source = new EventSource(`page/events?${wanted}`);
  source.onopen = () => {
    for (const each of [deals, connections, notes.stream, notes.alert, log]) each.clear();
  };
  source.onmessage = ({ data }) => onUpdate(JSON.parse(data));
  source.onerror = () => showState("the runtime does not answer", "bad");
}

function choose(asset) {
  streams.select(asset);
  const digits = streams.streams.find((stream) => stream.asset === asset)?.digits;
  chart.begin(asset, digits, Number(period.value));
  deals.changed = true;
  connect();
}

function draw(now) {
  streams.draw(now);
  if (deals.draw()) {
    chart.onDeals(deals.open);
    equity.show(balance, deals.open, deals.closedToday);
  }
  requestAnimationFrame(draw);
}

setText(byId("venue"), facts.venue);
setText(byId("account"), facts.operable ? facts.account : `${facts.account}, read only`);
setText(byId("version"), `tellwire ${facts.version}.`);
document.title = `tellwire: ${facts.venue}`;
period.addEventListener("change", () => choose(streams.chosen));
byId("settings-details").addEventListener("toggle", async ({ target }) => {
  if (target.open) setText(byId("settings-text"), await (await fetch("page/settings")).text());
});
setInterval(() => deals.tick(), 250);
requestAnimationFrame(draw);
connect();
