// Elements and their texts. Whatever comes from outside becomes a text node.

export const byId = (id) => document.getElementById(id);

/** An element; `parts` are elements or texts. */
export function element(tag, attributes = {}, ...parts) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...parts);
  return made;
}

/** Sets a text only if it is another one: the browser lays out nothing for nothing. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setClass(node, name) {
  if (node.className !== name) node.className = name;
}

/** Rows of a table body by their keys, in the order of the keys. */
export class Rows {
  constructor(body, make) {
    this.body = body;
    this.make = make;
    this.rows = new Map();
  }

  get(key) {
    return this.rows.get(key);
  }

  /** Has a row for each item, and no other; `show(row, item)` fills it. */
  show(items, keyOf, show) {
    const wanted = new Set(items.map(keyOf));
    for (const [key, row] of this.rows) {
      if (!wanted.has(key)) {
        row.element.remove();
        this.rows.delete(key);
      }
    }
    let next = this.body.firstElementChild;
    for (const item of items) {
      const key = keyOf(item);
      let row = this.rows.get(key);
      if (!row) {
        row = this.make(item);
        this.rows.set(key, row);
      }
      if (row.element === next) next = next.nextElementSibling;
      else this.body.insertBefore(row.element, next);
      show(row, item);
    }
  }
}

/** A row with as many cells as `classes`; its `texts` are set by `setText`. */
export function rowOf(classes) {
  const cells = classes.map((name) => element("td", name ? { class: name } : {}));
  return { element: element("tr", {}, ...cells), cells };
}
