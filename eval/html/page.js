"use strict";
// Search, filters and order of the questions, and the passages of a question once it is opened. Every text goes in as
// text: nothing here makes HTML out of a string.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const list = document.getElementById("list");
  const status = document.getElementById("shown");
  const tools = document.getElementById("tools");
  const search = document.getElementById("search");
  const number = (item) => Number(item.id.slice(1));
  const items = [...list.children];
  const texts = new Map();
  const kinds = ["", "gold", "cited", "gold cited"];

  const make = (name, kind, ...children) => {
    const element = document.createElement(name);
    if (kind) element.className = kind;
    element.append(...children);
    return element;
  };

  const isolated = (text) => make("bdi", "", text);

  function marked(text, marks) {
    if (!marks.length) return isolated(text);
    const letters = Array.from(text);
    const shown = make("bdi");
    for (let at = 0, from = 0; at < marks.length; from = marks[at], at += 2) {
      const piece = letters.slice(from, marks[at]).join("");
      shown.append(marks[at + 1] ? make("mark", kinds[marks[at + 1]], piece) : piece);
    }
    return shown;
  }

  function passage([which, score, ranks, marks], place) {
    const [key, title, outlet, published, text] = data.passages[which];
    const about = [outlet, published].filter(Boolean).join(", ");
    const head = make("summary", "", make("b", "rank", String(place + 1)), isolated(title || key));
    const snippet = make("span", "snippet", isolated(Array.from(text.slice(0, 400)).slice(0, 180).join("")));
    const seen = new Set(marks.filter((_, at) => at % 2).flatMap((kind) => [kind & 1, kind & 2]).filter(Boolean));
    if (seen.has(1)) head.append(make("span", "tag gold", "gold"));
    if (seen.has(2)) head.append(make("span", "tag cited", "cited"));
    head.append(snippet);
    const meta = make("p", "meta", isolated(about), about ? " · " : "", make("code", "", isolated(key)));
    meta.append(` · score ${score}`, ranks ? ` · ${ranks}` : "");
    const shown = make("details", "", head, meta, make("blockquote", "", marked(text, marks)));
    shown.open = seen.size > 0;
    return make("li", "", shown);
  }

  function fill(item) {
    for (const place of item.querySelectorAll("ol.found:empty")) {
      const found = data.found[number(item)][Number(place.dataset.run)] || [];
      place.append(...(found.length ? found.map(passage) : [make("li", "none", "No passage was found.")]));
    }
  }

  function matches(item, words, filters) {
    if (filters.some(([key, value]) => item.getAttribute(key) !== value)) return false;
    if (!words.length) return true;
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return words.every((word) => texts.get(item).includes(word));
  }

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = [...tools.querySelectorAll("select")].filter((s) => s.value.startsWith("="));
    const filters = chosen.map((s) => [s.dataset.key, s.value.slice(1)]);
    let count = 0;
    for (const item of items) {
      item.hidden = !matches(item, words, filters);
      count += item.hidden ? 0 : 1;
    }
    const all = `${items.length.toLocaleString("en")} question${items.length === 1 ? "" : "s"}`;
    status.textContent = count === items.length ? all : `${count.toLocaleString("en")} of ${all}`;
  }

  const score = (item, run) => Number(item.getAttribute(`data-s${run}`) ?? NaN);

  function worth(item, order) {
    if (order === "n") return number(item);
    const [one, other] = order.split("-");
    const value = other === undefined ? score(item, one) : score(item, one) - score(item, other);
    return Number.isNaN(value) ? Infinity : value;
  }

  function sort(order) {
    const keys = new Map(items.map((item, place) => [item, [worth(item, order), place]]));
    const less = (a, b) => (a[0] === b[0] ? a[1] - b[1] : a[0] - b[0]);
    list.append(...[...items].sort((a, b) => less(keys.get(a), keys.get(b))));
  }

  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  tools.addEventListener("change", (event) => {
    if (event.target.dataset.key === "order") sort(event.target.value);
    else filter();
  });
  tools.addEventListener("submit", (event) => event.preventDefault());
  // "toggle" does not bubble: it is caught on its way down.
  list.addEventListener("toggle", (event) => {
    if (event.target.open && event.target.classList.contains("question")) fill(event.target);
  }, true);

  function follow() {
    const item = items.find((one) => `#${one.id}` === location.hash);
    if (item) {
      item.open = true;
      item.scrollIntoView();
    }
  }
  window.addEventListener("hashchange", follow);
  follow();
})();
