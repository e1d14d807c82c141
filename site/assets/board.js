// Sorts, filters and trims the leaderboard's table. Without this script the table is complete, best first. What is chosen stands in the page's address.
"use strict";
(() => {
  const tools = document.querySelector(".tools[data-table]");
  const table = tools && document.getElementById(tools.dataset.table);
  if (!table) return;
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const classes = heads.filter(head => /^\d+$/.test(head.dataset.key));
  const FILTERS = [["class", "Class"], ["engine", "Engine"], ["license", "Licence"], ["technique", "Technique"], ["target", "Same bits on"]];
  const state = new URLSearchParams(location.search);

  const make = (name, attributes = {}, ...content) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...content);
    return element;
  };
  const column = key => heads.findIndex(head => head.dataset.key === key);
  const label = head => head.firstChild.textContent.trim() || head.textContent.trim();
  /** A cell's number, or its text; undefined where there is nothing. */
  const value = cell => {
    const data = cell.querySelector("data");
    if (data) return Number(data.value);
    const text = cell.textContent.trim();
    return text === "–" ? undefined : text.toLowerCase();
  };

  // Filters: what a row has by each name. A class is had by whom it ranks.
  const lines = text => (text ? text.split("\n") : []);
  const has = (row, name) =>
    name === "class"
      ? classes.filter(head => value(row.cells[head.cellIndex]) !== undefined).map(head => head.dataset.key)
      : lines(row.getAttribute(`data-${name}`));
  const owned = new Map(rows.map(row => [row, Object.fromEntries(FILTERS.map(([name]) => [name, has(row, name)]))]));
  const selects = FILTERS.map(([name, title]) => {
    const options = name === "class"
      ? classes.map(head => [head.dataset.key, label(head)])
      : [...new Set(rows.flatMap(row => owned.get(row)[name]))].sort().map(option => [option, option]);
    const select = make("select", { name, id: `only-${name}` }, make("option", { value: "" }, "any"));
    for (const [option, text] of options) select.append(make("option", { value: option }, text));
    select.addEventListener("change", () => choose(name, select.value));
    return [name, title, select];
  });

  // Columns: all but the first can be hidden.
  const boxes = heads.slice(1).map(head => {
    const box = make("input", { type: "checkbox", value: head.dataset.key });
    box.addEventListener("change", () => choose("hide", boxes.filter(other => !other.checked).map(other => other.value).join(",")));
    return box;
  });

  const status = make("output", { "aria-live": "polite" });
  const reset = make("button", { type: "button" }, "Reset");
  reset.addEventListener("click", () => {
    for (const name of [...FILTERS.map(([name]) => name), "sort", "hide"]) state.delete(name);
    keep();
  });
  tools.append(
    make("details", {},
      make("summary", {}, "Filter, and choose columns"),
      make("div", { class: "choices" },
        ...selects.map(([name, title, select]) => make("span", {}, make("label", { for: `only-${name}` }, title), " ", select))),
      make("fieldset", { class: "choices" },
        make("legend", {}, "Columns"),
        ...boxes.map((box, index) => make("label", {}, box, ` ${label(heads[index + 1])}`))),
      reset),
    status);

  // Heads: a click sorts from the smallest on, another one from the largest.
  for (const head of heads) {
    const button = make("button", { type: "button", class: "sort" }, ...head.childNodes);
    button.addEventListener("click", () => {
      const key = head.dataset.key;
      choose("sort", state.get("sort") === key ? `-${key}` : key);
    });
    head.append(button);
  }

  const compare = (a, b, turn) => {
    if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
    return turn * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
  };

  const show = () => {
    const chosen = FILTERS.map(([name]) => [name, state.get(name)]).filter(([, wanted]) => wanted);
    let count = 0;
    for (const row of rows) {
      row.hidden = !chosen.every(([name, wanted]) => owned.get(row)[name].includes(wanted));
      count += !row.hidden;
    }
    const sort = state.get("sort") ?? "";
    const [key, turn] = sort.startsWith("-") ? [sort.slice(1), -1] : [sort, 1];
    const by = column(key);
    const keyed = rows.map((row, index) => [by < 0 ? index : value(row.cells[by]), index, row]);
    keyed.sort((a, b) => compare(a[0], b[0], turn) || a[1] - b[1]);
    body.append(...keyed.map(([, , row]) => row));
    heads.forEach((head, index) => {
      if (index === by) head.setAttribute("aria-sort", turn > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    });
    const hidden = new Set((state.get("hide") ?? "").split(","));
    heads.forEach((head, index) => {
      const off = index > 0 && hidden.has(head.dataset.key);
      if (head.hidden !== off) for (const row of [table.tHead.rows[0], ...rows]) row.cells[index].hidden = off;
      if (index > 0) boxes[index - 1].checked = !off;
    });
    for (const [name, , select] of selects) select.value = state.get(name) ?? "";
    status.textContent = `${count} of ${rows.length} entries`;
  };

  const choose = (name, wanted) => {
    if (wanted) state.set(name, wanted);
    else state.delete(name);
    keep();
  };
  const keep = () => {
    const query = state.toString();
    // Some browsers don't let pages from a disk change their address.
    try { history.replaceState(null, "", (query ? `?${query}` : location.pathname) + location.hash); } catch { /* It works without. */ }
    show();
  };
  show();
})();
