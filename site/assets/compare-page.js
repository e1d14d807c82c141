// The page that compares entries: which ones is in its address. Without this script it shows neighbours in the ranking.
"use strict";
(() => {
  const tools = document.querySelector(".tools");
  const list = document.querySelector("#comparable");
  const out = document.querySelector("#compared");
  if (!tools || !list) return;
  const SIDES = ["a", "b", "c"];
  const state = new URLSearchParams(location.search);
  const entries = [...list.querySelectorAll("li[data-entry]")].map(item => [item.dataset.entry, item.querySelector("bdi").textContent]);
  const names = new Map(entries);
  const tasks = [...document.querySelectorAll("#tasks li")].map(item => [item.dataset.task, item.textContent.trim()]);

  const make = (name, attributes = {}, ...content) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...content);
    return element;
  };

  // Items come as scripts, which load from a disk as well.
  const waiting = new Map(), loaded = new Map();
  globalThis.golfItems = items => waiting.get(items.slug)?.(items);
  const load = slug => {
    if (!loaded.has(slug)) {
      loaded.set(slug, new Promise((resolve, reject) => {
        waiting.set(slug, resolve);
        const script = make("script", { src: `items/${slug}.js` });
        script.addEventListener("error", () => reject(new Error(`the items of ${slug} can't be loaded`)));
        document.head.append(script);
      }));
    }
    return loaded.get(slug);
  };

  const fields = SIDES.map((side, index) => {
    const select = make("select", { name: side });
    if (index === 2) select.append(make("option", { value: "" }, "nothing else"));
    for (const [slug, name] of entries) select.append(make("option", { value: slug }, name));
    select.addEventListener("change", () => {
      state.set(side, select.value);
      if (!select.value) state.delete(side);
      try { history.replaceState(null, "", `?${state}`); } catch { /* Pages from a disk may not change their address. */ }
      show();
    });
    tools.append(make("label", {}, ["Compare ", "with ", "and "][index], select));
    return select;
  });

  /** As on the command line: what lies exactly between two figures goes to the even one. */
  const rounded = (value, places) => {
    const scaled = value * 10 ** places;
    const down = Math.floor(scaled);
    return scaled - down === 0.5 ? ((down + (down % 2 === 0 ? 0 : 1)) / 10 ** places).toFixed(places) : value.toFixed(places);
  };

  const cell = (kind, text, value) =>
    make("td", { class: kind }, value === undefined || value === null ? text : make("data", { value: String(value) }, text));

  const table = (a, b) => {
    const [first, second] = [a, b].map(entry => names.get(entry.slug));
    const body = make("tbody");
    for (const [id, title] of tasks) {
      const head = make("th", { scope: "row", class: "h" }, title);
      let found;
      try {
        found = comparison(a, b, id);
      } catch (why) {
        if (typeof why !== "string") throw why;
        body.append(make("tr", { "data-task": id }, head, make("td", { class: "t", colspan: "7" }, why)));
        continue;
      }
      const [scale, places] = found.lessIsBetter ? [1, 4] : [100, 1];
      const figure = value => rounded(value * scale, places);
      const signed = value => (value < 0 || Object.is(value, -0) ? "−" : "+") + figure(Math.abs(value));
      body.append(make("tr", { "data-task": id }, head,
        cell("n", figure(found.a), found.a), cell("n", figure(found.b), found.b),
        cell("n", signed(found.difference), found.difference),
        make("td", { class: "n" }, make("data", { value: found.low }, signed(found.low)), " to ", make("data", { value: found.high }, signed(found.high))),
        cell("n", found.p.toFixed(4), found.p),
        cell("n", found.detectable === null ? "–" : figure(found.detectable), found.detectable),
        cell("t", found.better === null ? "tied" : found.better === "a" ? first : second)));
    }
    const caption = `${first} and ${second}.`;
    const heads = ["Task", first, second, "Difference", "95 % interval", "p", "Detectable", "Better"];
    return make("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": caption },
      make("table", { class: "dense", "data-a": a.slug, "data-b": b.slug },
        make("caption", {}, make("span", { class: "caption" }, make("i", {}, caption), " Bits per byte, or percent right.")),
        make("thead", {}, make("tr", {}, ...heads.map((head, index) => make("th", { scope: "col", class: index === 0 ? "h" : index === 7 ? "t" : "n" }, head)))),
        body));
  };

  let latest = 0;
  const show = async () => {
    const mine = ++latest;
    fields.forEach((select, index) => {
      const wanted = state.get(SIDES[index]);
      select.value = names.has(wanted) ? wanted : index < 2 ? entries[Math.min(index, entries.length - 1)][0] : "";
    });
    const chosen = [...new Set(fields.map(select => select.value).filter(Boolean))];
    out.replaceChildren(make("p", { role: "status" }, chosen.length < 2 ? "Choose two different entries." : "Drawing items again, 9,999 times …"));
    if (chosen.length < 2) return;
    try {
      const items = await Promise.all(chosen.map(load));
      const tables = [];
      for (let first = 0; first < items.length; first++) {
        for (let second = first + 1; second < items.length; second++) {
          await new Promise(resolve => setTimeout(resolve));
          if (mine !== latest) return;
          tables.push(table(items[first], items[second]));
        }
      }
      out.replaceChildren(...tables);
    } catch (fault) {
      out.replaceChildren(make("p", { class: "notice", role: "alert" }, fault.message));
    }
  };
  show();
})();
