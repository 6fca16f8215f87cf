// What an operator may do, with the token; it is kept in this page's memory only.

import { byId, element, setText } from "./dom.js";

const CONFIRM = 4000;

export class Controls {
  constructor() {
    this.token = "";
    this.message = byId("message");
    this.halt = element("button", { type: "button", id: "halt", class: "danger" }, "Halt orders");
    this.resume = element("button", { type: "button", id: "resume" }, "Resume orders");
    this.twoStep(this.halt, () => this.operate("halt", { reason: "by the page" }));
    this.twoStep(this.resume, () => this.operate("resume"));
    this.disconnect = element("button", { type: "button", id: "disconnect", class: "danger" }, "Disconnect");
    this.connect = element("button", { type: "button", id: "connect" }, "Connect");
    this.twoStep(this.disconnect, () => this.operate("disconnect", { reason: "by the page" }));
    this.twoStep(this.connect, () => this.operate("connect"));
    byId("controls").append(this.halt, this.resume, this.disconnect, this.connect);
    const form = byId("subscribe");
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.operate("subscribe", { asset: byId("subscribe-asset").value.trim() });
    });
  }

  onView({ halted, disconnected }) {
    this.halt.hidden = halted != null;
    this.resume.hidden = halted == null;
    this.disconnect.hidden = disconnected != null;
    this.connect.hidden = disconnected == null;
  }

  /** A button that acts when it is pressed a second time within some seconds. */
  twoStep(button, act, question = `${button.textContent}: press again`) {
    const text = button.textContent;
    let timer = 0;
    const back = () => {
      clearTimeout(timer);
      timer = 0;
      setText(button, text);
    };
    button.addEventListener("click", () => {
      if (timer) {
        back();
        act();
      } else {
        setText(button, question);
        timer = setTimeout(back, CONFIRM);
      }
    });
  }

  async operate(name, what = {}) {
    if (!this.token && !(await this.askToken())) return;
    const headers = { Authorization: `Bearer ${this.token}`, "Content-Type": "application/json" };
    try {
      const response = await fetch(`control/${name}`, { method: "POST", headers, body: JSON.stringify(what) });
      const { said, error } = await response.json();
      if (response.status === 401) this.token = "";
      this.tell(said ?? error, !response.ok);
    } catch (error) {
      this.tell(`the runtime does not answer: ${error.message}`, true);
    }
  }

  tell(text, failed) {
    setText(this.message, text);
    this.message.className = failed ? "failed" : "done";
    this.message.hidden = false;
  }

  askToken() {
    const [dialog, field] = [byId("token-dialog"), byId("token")];
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener(
        "close",
        () => {
          this.token = dialog.returnValue === "use" ? field.value : "";
          field.value = "";
          resolve(Boolean(this.token));
        },
        { once: true },
      );
    });
  }
}
