"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const el = (name, props = {}, ...children) => {
    const node = name === "svg" || name === "g" || name === "rect" || name === "text" || name === "line" || name === "title"
      ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
    for (const [key, value] of Object.entries(props)) {
      if (key === "text") node.textContent = value;
      else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value);
    }
    for (const child of children.flat()) if (child) node.append(child);
    return node;
  };
  const MARKS = { passed: "✓", failed: "✗", error: "!", known: "k", tolerated: "~", "not run": "…", "not applicable": "·", unknown: "?" };
  const tone = (verdict) => "v-" + (verdict ? verdict.split(" ")[0] : "none");
  const KEYS = ["q", "family", "check", "verdict", "about"];

  // ---- filters live in the URL, so that a view can be sent to somebody
  const state = Object.fromEntries(KEYS.map((key) => [key, ""]));
  const readUrl = () => {
    const hash = new URLSearchParams(location.hash.startsWith("#?") ? location.hash.slice(2) : "");
    for (const key of KEYS) { state[key] = hash.get(key) || ""; $(key).value = state[key]; }
  };
  const writeUrl = () => {
    const hash = new URLSearchParams();
    for (const key of KEYS) if (state[key]) hash.set(key, state[key]);
    history.replaceState(null, "", String(hash) ? "#?" + hash : location.pathname + location.search);
  };
  const set = (changes) => { Object.assign(state, changes); for (const key of KEYS) $(key).value = state[key]; writeUrl(); render(); };
  const fill = (id, values) => { for (const value of values) $(id).append(el("option", { value, text: value })); };
  fill("family", data.families.map((f) => f.family));
  fill("check", data.checks.map((c) => c.code));
  fill("verdict", ["failed", "error", "known", "tolerated", "passed", "not run", "not applicable"]);
  fill("about", ["deployment", "contract", "undecided"]);
  for (const key of KEYS) $(key).addEventListener("input", () => set({ [key]: $(key).value }));
  $("clear").addEventListener("click", () => set(Object.fromEntries(KEYS.map((key) => [key, ""]))));
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "/" && !typing) { event.preventDefault(); $("q").focus(); }
    if (event.key === "Escape" && typing) event.target.blur();
  });
  const has = (...texts) => { const q = state.q.trim().toLowerCase(); return !q || texts.some((t) => t && String(t).toLowerCase().includes(q)); };

  // ---- matrix
  const matrix = () => {
    const groups = [...new Set(data.checks.map((c) => c.group))];
    const head = el("thead", {},
      el("tr", { class: "groups" }, el("th", { rowspan: 2, text: "family" }), groups.map((g) =>
        el("th", { scope: "colgroup", colspan: data.checks.filter((c) => c.group === g).length, text: g }))),
      el("tr", {}, data.checks.map((c) => el("th", { class: "code", scope: "col", title: c.title, text: c.code.replace("KBN-", "") }))));
    const body = el("tbody", {}, data.families.map((family) => el("tr", {},
      el("th", { scope: "row" }, family.family + " ", el("span", { class: "tag", text: family.tested + "/" + family.eligible })),
      data.checks.map((check) => {
        const cell = (data.matrix[family.family] || {})[check.code];
        if (!cell) return el("td", { class: "v-none" }, el("span", { class: "cell", text: "", "aria-label": "not looked at" }));
        const said = `${family.family}, ${check.code} ${check.title}: ${cell.verdict}, ${cell.count} operations`;
        return el("td", {}, el("button", { type: "button", class: "cell " + tone(cell.verdict), title: said, "aria-label": said,
          text: (MARKS[cell.verdict] || "?") + (cell.bad ? cell.bad : ""),
          onclick: () => { set({ family: family.family, check: check.code }); $(cell.bad ? "findings" : "operations").scrollIntoView(); } }));
      }))));
    $("matrix-table").replaceChildren(head, body);
    $("legend").replaceChildren(...["passed", "failed", "known", "tolerated", "not run", "error"].map((v) =>
      el("span", {}, el("b", { class: tone(v), text: MARKS[v] }), v)));
  };

  // ---- JSON with the offending place marked
  const pretty = (value, pointer) => {
    const out = el("pre", { tabindex: 0 });
    const wanted = pointer ? pointer.split("/").slice(1) : null;
    const fits = (path) => wanted && path.length === wanted.length && wanted.every((part, i) => part === "*" || part === path[i]);
    let marked = false;
    const write = (node, parent, path, depth) => {
      const pad = "  ".repeat(depth);
      let target = parent;
      if (!marked && wanted && wanted.length && fits(path)) { marked = true; target = el("mark", {}); parent.append(target); }
      if (Array.isArray(node) && node.length) {
        target.append("[\n");
        node.forEach((child, i) => { target.append(pad + "  "); write(child, target, [...path, String(i)], depth + 1); target.append(i < node.length - 1 ? ",\n" : "\n"); });
        target.append(pad + "]");
      } else if (node && typeof node === "object" && Object.keys(node).length) {
        target.append("{\n");
        const keys = Object.keys(node);
        keys.forEach((key, i) => { target.append(pad + "  " + JSON.stringify(key) + ": "); write(node[key], target, [...path, key.replace(/~/g, "~0").replace(/\//g, "~1")], depth + 1); target.append(i < keys.length - 1 ? ",\n" : "\n"); });
        target.append(pad + "}");
      } else target.append(JSON.stringify(node));
    };
    write(value, out, [], 0);
    return out;
  };
  const copyline = (text) => el("div", { class: "copyline" }, el("pre", { text }), el("button", {
    type: "button", class: "copy", text: "Copy", "aria-label": "Copy",
    onclick: async (event) => {
      const button = event.currentTarget;
      try { await navigator.clipboard.writeText(text); } catch {
        const area = el("textarea"); area.value = text; document.body.append(area); area.select(); document.execCommand("copy"); area.remove();
      }
      button.textContent = "Copied"; setTimeout(() => { button.textContent = "Copy"; }, 1500);
    } }));
  const message = (title, part, pointer) => {
    if (!part) return null;
    const body = part.json !== undefined && part.json !== null ? pretty(part.json, pointer) : part.body ? el("pre", { tabindex: 0, text: part.body }) : null;
    const headers = (part.headers || []).map(([k, v]) => `${k}: ${v}`).join("\n");
    return el("div", {}, el("h3", { text: title }), el("code", { text: part.line }), headers && el("pre", { text: headers }), body);
  };

  // ---- findings
  const finding = (f) => el("details", { id: "finding-" + f.identity },
    el("summary", {}, el("span", { class: "tag " + tone(f.status === "new" ? "failed" : f.status), text: f.status === "new" ? f.code : `${f.code} ${f.status}` }),
      el("span", { class: "label", text: f.operation }), el("span", { text: f.title }),
      el("span", { class: "tag", text: "about the " + f.about }), el("span", { class: "tag", text: f.severity }), f.count > 1 && el("span", { class: "tag", text: f.count + "×" })),
    (() => {
      const box = el("div");
      box.append(el("p", {}, f.pointer && el("code", { text: f.pointer + " " }), f.sentence));
      if (f.why) box.append(el("p", { class: "empty", text: `${f.level}: ${f.why}` }));
      if (f.deviation) box.append(el("p", {}, "Known deviation: ", el("code", { text: f.deviation })));
      if (f.operations.length > 1) box.append(el("h3", { text: `Shown by ${f.operations.length} operations` }), el("ul", { class: "plain" }, f.operations.map((o) => el("li", {}, el("code", { text: o })))));
      if (f.exchange) box.append(el("div", { class: "pair" }, message("Request", f.exchange.request, null), message("Answer", f.exchange.answer, f.pointer)));
      if (f.curl) box.append(el("h3", { text: "curl" }), copyline(f.curl));
      if (f.console) box.append(el("h3", { text: "Dev Tools Console" }), copyline(f.console));
      if (f.case) box.append(el("h3", { text: "Again" }), copyline(`pytest --pyargs pytest_kibana.suites --kibana-case ${f.case}`));
      return box;
    })());
  const shownFinding = (f) => (!state.family || f.family === state.family) && (!state.check || f.code === state.check) && (!state.about || f.about === state.about)
    && (!state.verdict || (f.status === "new" ? "failed" : f.status) === state.verdict) && has(f.operation, f.code, f.title, f.sentence, f.pointer, ...f.operations);

  // ---- operations; bodies are made when opened
  const operation = (o) => {
    const row = el("details", { ontoggle: () => { if (row.open && !row.dataset.made) { row.dataset.made = "1"; row.append(checksOf(o)); } } },
      el("summary", {}, el("span", { class: "tag " + tone(o.verdict), text: o.verdict }), el("span", { class: "label", text: o.operation }),
        el("span", { class: "tag", text: o.family }), o.success && el("span", { class: "tag v-passed", text: "success seen" }),
        o.ms !== null && el("span", { class: "tag", text: o.ms.toFixed(1) + " ms" }), el("span", { class: "tag", text: o.statuses })));
    return row;
  };
  const checksOf = (o) => el("div", {}, el("table", {}, el("thead", {}, el("tr", {}, ["check", "rule", "verdict", "requests", "note"].map((t) => el("th", { scope: "col", text: t })))),
    el("tbody", {}, o.checks.map((v) => { const c = data.checks[v[0]]; return el("tr", {}, el("td", {}, el("code", { text: c.code })), el("td", { text: c.title }),
      el("td", {}, el("span", { class: "tag " + tone(v[1]), text: v[1] })), el("td", { text: v[2] }), el("td", { text: v[3] || "" })); }))));
  const shownOperation = (o) => (!state.family || o.family === state.family)
    && (!state.check || o.checks.some((v) => data.checks[v[0]].code === state.check && (!state.verdict || v[1] === state.verdict)))
    && (!state.verdict || state.check || o.verdict === state.verdict) && has(o.operation, o.family);

  // ---- the rest
  const plot = () => {
    const timed = data.operations.filter((o) => o.ms !== null).sort((a, b) => b.ms - a.ms).slice(0, 40);
    if (!timed.length) return $("plot").replaceChildren(el("p", { class: "empty", text: "No answer was timed." }));
    const most = timed[0].ms, left = 430, width = 1000, step = 18;
    const svg = el("svg", { viewBox: `0 0 ${width} ${timed.length * step + 4}`, role: "img", "aria-label": "Median response time by operation" });
    timed.forEach((o, i) => {
      const long = Math.max(2, (o.ms / most) * (width - left - 90));
      svg.append(el("g", {}, el("title", { text: `${o.operation}: ${o.ms.toFixed(1)} ms` }),
        el("text", { x: left - 8, y: i * step + 13, "text-anchor": "end", text: o.operation.length > 58 ? o.operation.slice(0, 57) + "…" : o.operation }),
        el("rect", { class: "bar", x: left, y: i * step + 3, width: long, height: step - 6, rx: 3 }),
        el("text", { x: left + long + 6, y: i * step + 13, text: o.ms.toFixed(1) + " ms" })));
    });
    $("plot").replaceChildren(svg);
  };
  const untested = () => {
    const kinds = new Map();
    for (const skip of data.skips) if (!kinds.has(skip.kind)) kinds.set(skip.kind, [skip]); else kinds.get(skip.kind).push(skip);
    $("untested-list").replaceChildren(...(kinds.size ? [...kinds].map(([kind, skips]) => el("details", {}, el("summary", {}, el("span", { class: "tag", text: skips.length }), kind),
      el("div", {}, el("table", {}, el("tbody", {}, skips.map((s) => el("tr", {}, el("td", {}, el("code", { text: s.operation })), el("td", { text: s.group || "" }), el("td", { text: s.reason })))))))) : [el("p", { class: "empty", text: "Every operation of the contract was tested." })]));
  };
  const environment = () => $("environment-list").replaceChildren(...(data.troubles.length ? [el("ul", {}, data.troubles.map((t) => el("li", { text: `${t.kind}: ${t.sentence}${t.count > 1 ? ` (${t.count} times)` : ""}` })))] : [el("p", { class: "empty", text: "No outage, nothing left behind." })]));
  const comparison = () => {
    if (!data.comparison) return;
    $("comparison").hidden = false;
    $("comparison-body").replaceChildren(...["new", "fixed", "unchanged", "no longer tested"].map((kind) => { const all = data.comparison[kind] || [];
      return el("details", { open: kind === "new" && all.length ? "" : null }, el("summary", {}, el("span", { class: "tag " + (kind === "new" && all.length ? "v-failed" : ""), text: all.length }), kind),
        el("div", {}, el("ul", { class: "plain" }, all.map((line) => el("li", {}, el("code", { text: line })))))); }));
  };
  const LIMIT = 300;
  const list = (id, items, make, none) => {
    const nodes = items.slice(0, LIMIT).map(make);
    if (items.length > LIMIT) nodes.push(el("p", { class: "empty", text: `${items.length - LIMIT} more: narrow the filters to see them.` }));
    $(id).replaceChildren(...(nodes.length ? nodes : [el("p", { class: "empty", text: none })]));
  };
  const render = () => {
    const findings = data.findings.filter(shownFinding), operations = data.operations.filter(shownOperation);
    list("finding-list", findings, finding, data.findings.length ? "No finding fits the filters." : "No findings.");
    list("operation-list", operations, operation, "No operation fits the filters.");
    $("shown").textContent = `${findings.length} of ${data.findings.length} findings, ${operations.length} of ${data.operations.length} operations`;
  };
  window.addEventListener("hashchange", () => { if (location.hash.startsWith("#?")) { readUrl(); render(); } });
  readUrl(); matrix(); comparison(); plot(); untested(); environment(); render();
})();
