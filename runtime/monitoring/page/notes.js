// Lists of what happened: gaps and cures, alerts, the log. The newest comes last.

import { byId, element } from "./dom.js";
import { timeOfDay } from "./format.js";

const MOST = 200;

class Notes {
  constructor(id) {
    this.list = byId(id);
  }

  clear() {
    this.list.replaceChildren();
  }

  /** Follows the end, unless the reader has scrolled away from it. */
  add(...parts) {
    const { scrollTop, scrollHeight, clientHeight } = this.list;
    const follows = scrollHeight - scrollTop - clientHeight < 30;
    this.list.append(element("li", {}, ...parts));
    while (this.list.childElementCount > MOST) this.list.firstElementChild.remove();
    if (follows) this.list.scrollTop = this.list.scrollHeight;
  }
}

const time = (at) => element("time", {}, timeOfDay(at));

export class Happenings extends Notes {
  onNote({ at, name, text }) {
    this.add(time(at), " ", element("b", {}, name), ` ${text}`);
  }
}

export class Log extends Notes {
  onLine({ at, level, text }) {
    this.add(time(at), " ", element("span", { class: `level ${level.toLowerCase()}` }, level), ` ${text}`);
  }
}
