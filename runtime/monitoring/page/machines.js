// The worker processes, and the regions of the venue as all connections have found them.

import { byId, rowOf, Rows, setClass, setText } from "./dom.js";
import { milliseconds } from "./format.js";

const WORKER_CELLS = ["name", "", "number", "number", "number", "number"];
const REGION_CELLS = ["name", "number wide", "number", "number", "number", ""];
const MEGABYTE = 1024 * 1024;

export class Machines {
  constructor() {
    this.workers = new Rows(byId("worker-rows"), () => rowOf(WORKER_CELLS));
    this.regions = new Rows(byId("region-rows"), () => rowOf(REGION_CELLS));
    this.before = new Map();
  }

  onView({ time, workers, regions }) {
    byId("no-workers").hidden = workers.length > 0;
    this.workers.show(workers, ({ name }) => name, (row, worker) => this.showWorker(row, worker, time));
    this.regions.show(regions, ({ name }) => name, (row, region) => this.showRegion(row, region));
  }

  showWorker(row, worker, time) {
    const [name, state, process, restarts, cpu, memory] = row.cells;
    setText(name, worker.name);
    setText(state, worker.state);
    setClass(state, `state ${worker.state}`);
    setText(process, worker.pid ? String(worker.pid) : "–");
    setText(restarts, String(worker.restarts));
    setText(cpu, this.load(worker, time));
    setText(memory, worker.pid ? `${(worker.rss_bytes / MEGABYTE).toFixed(0)} MB` : "–");
  }

  /** The share of one core since the view before, of the same process. */
  load({ name, pid, cpu_seconds }, time) {
    const before = this.before.get(name);
    this.before.set(name, { pid, cpu_seconds, time });
    if (!pid || before?.pid !== pid || time <= before.time) return "–";
    return `${(((cpu_seconds - before.cpu_seconds) / (time - before.time)) * 100).toFixed(0)} %`;
  }

  showRegion(row, region) {
    const [name, priority, logins, failures, trip, state] = row.cells;
    setText(name, region.name);
    setText(priority, String(region.priority));
    setText(logins, String(region.successes));
    setText(failures, String(region.failures));
    setText(trip, milliseconds(region.round_trip));
    const blocked = region.blocked_for > 0;
    setText(state, blocked ? `blocked for ${region.blocked_for.toFixed(0)} s` : "open");
    setClass(state, blocked ? "state down" : "state up");
  }
}
