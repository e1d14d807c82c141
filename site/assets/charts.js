// Marks entries on charts: a link over each dot says what it is, and lights up the same entry on all charts of the page. Without this script the charts
// are pictures, with their data in tables.
"use strict";
(() => {
  const narrow = matchMedia("(max-width: 54rem)");
  const charts = [...document.querySelectorAll(".chart[data-wide]")];
  const marks = new Map();

  /** `Bytes: 978,277, Bits per byte: 1.866`, from the entry's row of the table beside the chart. */
  const facts = (chart, entry) => {
    const table = chart.closest("figure")?.querySelector("table");
    const row = table?.querySelector(`tr[data-entry="${CSS.escape(entry)}"]`);
    if (!row) return [entry];
    const heads = [...table.tHead.rows[0].cells].map(head => head.textContent.trim());
    const [name, ...others] = [...row.cells].map((cell, index) => [heads[index], cell.textContent.trim()]);
    return [name[1], ...others.map(([head, text]) => `${head}: ${text}`)];
  };

  const light = (entry, on) => marks.get(entry)?.forEach(mark => mark.classList.toggle("lit", on));

  const mark = (chart, entry, x, y) => {
    const [name, ...others] = facts(chart, entry);
    const link = document.createElement("a");
    link.className = "spot";
    link.href = `${chart.dataset.root}entries/${entry}.html`;
    link.setAttribute("aria-label", [name, ...others].join(", "));
    link.style.left = `${x}%`;
    link.style.top = `${y}%`;
    const tip = document.createElement("span");
    tip.className = "tip";
    if (x > 50) tip.classList.add("left");
    tip.textContent = [name, ...others].join("\n");
    link.append(tip);
    for (const [event, on] of [["mouseenter", true], ["mouseleave", false], ["focus", true], ["blur", false]]) {
      link.addEventListener(event, () => light(entry, on));
    }
    if (!marks.has(entry)) marks.set(entry, []);
    marks.get(entry).push(link);
    chart.append(link);
  };

  const place = () => {
    marks.clear();
    for (const chart of charts) {
      chart.querySelectorAll(".spot").forEach(link => link.remove());
      const spots = narrow.matches ? chart.dataset.narrow : chart.dataset.wide;
      for (const spot of spots.split(";").filter(Boolean)) {
        const [entry, x, y] = spot.split(" ");
        mark(chart, entry, Number(x), Number(y));
      }
    }
  };
  narrow.addEventListener("change", place);
  place();
})();
