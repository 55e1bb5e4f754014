"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const SVG = new Set(["svg", "g", "rect", "text", "title"]);
  // What would turn text round, or cannot be seen, is shown by its number.
  const visible = (text) => String(text).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
  const el = (name, props = {}, ...children) => {
    const node = SVG.has(name) ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
    for (const [key, value] of Object.entries(props)) {
      if (key === "text") node.textContent = visible(value);
      else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value);
    }
    for (const child of children.flat()) if (child || child === 0) node.append(child instanceof Node ? child : visible(child));
    return node;
  };
  const many = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;
  const words = data.verdicts;
  const tone = (verdict) => "v-" + words[verdict].word.split(" ")[0];
  const worse = (a, b) => (a === null || words[b].rank > words[a].rank ? b : a);
  const WORD = Object.fromEntries(words.map((v, i) => [v.word, i]));
  const isBad = (verdict) => words[verdict].rank > words[WORD.passed].rank;
  const short = (check) => check.code.replace("KBN-", "");
  const groupOf = [];
  data.groups.forEach((group, g) => group.checks.forEach((c) => { groupOf[c] = g; }));
  const statusOf = (f) => WORD[f.status === "new" ? "failed" : f.status];
  const findingsOf = new Map();
  for (const f of data.findings) {
    f.hay = [f.operation, ...f.operations, data.checks[f.check].code, data.checks[f.check].title, f.sentence, f.pointer, f.component, f.family, f.deviation, f.identity].join("\n").toLowerCase();
    for (const o of new Set([f.operation, ...f.operations])) findingsOf.set(o, [...(findingsOf.get(o) || []), f]);
  }
  for (const o of data.operations) o.hay = `${o.operation}\n${o.family}\n${Object.keys(o.statuses).join(" ")}`.toLowerCase();

  // ---- the view lives in the URL, so that it can be sent to somebody
  const FIELDS = ["q", "family", "group", "check", "verdict", "about"];
  const KEYS = [...FIELDS, "finding", "columns"];
  const state = Object.fromEntries(KEYS.map((key) => [key, ""]));
  const readUrl = () => {
    const hash = new URLSearchParams(location.hash.startsWith("#?") ? location.hash.slice(2) : "");
    for (const key of KEYS) state[key] = hash.get(key) || "";
    for (const key of FIELDS) $(key).value = state[key];
  };
  const writeUrl = () => {
    const hash = new URLSearchParams();
    for (const key of KEYS) if (state[key]) hash.set(key, state[key]);
    history.replaceState(null, "", String(hash) ? "#?" + hash : location.pathname + location.search);
  };
  const set = (changes) => {
    Object.assign(state, changes);
    for (const key of FIELDS) $(key).value = state[key];
    limits.clear(); writeUrl(); render();
  };
  const cleared = () => Object.fromEntries([...FIELDS, "finding"].map((key) => [key, ""]));
  const go = (id) => { const place = $(id); place.scrollIntoView(); const heading = place.querySelector("h2"); if (heading) { heading.setAttribute("tabindex", "-1"); heading.focus({ preventScroll: true }); } };
  const fill = (id, values) => { for (const [value, text] of values) $(id).append(el("option", { value, text })); };
  fill("family", data.families.map((f) => [f.family, f.family]));
  fill("group", data.groups.map((g) => [g.name, g.name]));
  fill("check", data.checks.map((c) => [c.code, `${short(c)} ${c.title}`]));
  fill("verdict", words.map((v) => [v.word, v.word]));
  fill("about", ["deployment", "contract", "undecided"].map((w) => [w, w]));
  for (const key of FIELDS) $(key).addEventListener("input", () => set({ [key]: $(key).value, finding: "" }));
  $("clear").addEventListener("click", () => set(cleared()));
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("click", (event) => {
    const link = event.target.closest("nav a, a.skip");
    if (link) { event.preventDefault(); go(link.getAttribute("href").slice(1)); }
  });
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); $("q").focus(); }
    if (event.key === "Escape" && typing) event.target.blur();
  });
  const finds = (hay) => { const q = state.q.trim().toLowerCase(); return !q || hay.includes(q); };
  const inGroup = (check) => !state.group || data.groups[groupOf[check]].name === state.group;

  // ---- matrix: a column for each group of checks, which opens into its checks
  const cells = new Map();
  const cell = (family, check) => {
    const key = family + "\n" + check;
    if (!cells.has(key)) cells.set(key, new Map());
    return cells.get(key);
  };
  for (const o of data.operations) for (const [check, verdict] of o.checks) {
    cell(o.family, check).set(o.operation, verdict);
  }
  const judged = new Set(data.operations.flatMap((o) => o.checks.map((v) => v[0])));
  for (const f of data.findings) if (!judged.has(f.check)) {
    const at = cell(f.family, f.check);
    at.set(f.operation, worse(at.has(f.operation) ? at.get(f.operation) : null, statusOf(f)));
  }
  const united = (family, checks) => {
    const worst = new Map();
    for (const check of checks) for (const [label, verdict] of cells.get(family + "\n" + check) || []) worst.set(label, worse(worst.has(label) ? worst.get(label) : null, verdict));
    const counts = new Map();
    for (const verdict of worst.values()) counts.set(verdict, (counts.get(verdict) || 0) + 1);
    return [...counts].sort((a, b) => words[b[0]].rank - words[a[0]].rank);
  };
  const opened = () => new Set(state.columns.split(",").filter(Boolean));
  const toggle = (name) => {
    const open = opened();
    if (!open.delete(name)) open.add(name);
    state.columns = [...open].join(","); writeUrl(); matrix();
    const again = [...document.querySelectorAll("#matrix-table button.fold")].find((b) => b.dataset.group === name);
    if (again) again.focus();
  };
  const coverageBar = (f) => {
    const box = el("td", { class: "coverage" });
    if (f.eligible === null) return el("td", { class: "coverage", text: `${f.tested} tested` });
    const part = (n) => (f.operations ? (n / f.operations) * 60 : 0);
    box.append(el("svg", { class: "bar", width: 60, height: 9, viewBox: "0 0 60 9", role: "img", "aria-label": `${f.operations} operations, ${f.eligible} eligible, ${f.tested} tested, ${f.succeeded} seen to succeed` },
      el("rect", { class: "all", width: 60, height: 9 }), el("rect", { class: "eligible", width: part(f.eligible), height: 9 }),
      el("rect", { class: "tested", width: part(f.tested), height: 9 }), el("rect", { class: "succeeded", width: part(f.succeeded), height: 9 }),
      el("title", { text: `${f.operations} operations, ${f.eligible} eligible, ${f.tested} tested, ${f.succeeded} seen to succeed` })),
      el("span", { class: "soft", text: ` ${f.tested}/${f.eligible}` }));
    return box;
  };
  const matrixCell = (family, name, counts, pick) => {
    if (!counts.length) return el("td", {}, el("span", { class: "cell", "aria-label": "not looked at" }));
    const [verdict, number] = counts[0], bad = isBad(verdict);
    const said = `${family}, ${name}: ${counts.map(([v, n]) => `${n} ${words[v].word}`).join(", ")}`;
    return el("td", {}, el("button", { type: "button", tabindex: -1, class: "cell " + tone(verdict), title: said, "aria-label": said,
      text: words[verdict].mark + (bad ? number : ""), onclick: () => { set({ ...cleared(), family, ...pick }); go(bad ? "findings" : "operations"); } }));
  };
  const matrix = () => {
    const open = opened();
    const columns = data.groups.map((group) => ({ group, open: open.has(group.name) }));
    const top = el("tr", { class: "groups" }, el("th", { rowspan: 2, scope: "col", text: "family" }), el("th", { rowspan: 2, scope: "col", text: "tested / eligible" }),
      columns.map((c) => el("th", { scope: "colgroup", colspan: c.open ? c.group.checks.length : 1, rowspan: c.open ? 1 : 2 },
        el("button", { type: "button", class: "fold", "data-group": c.group.name, "aria-expanded": String(c.open), title: `${c.group.about} (${many(c.group.checks.length, "rule")})`, text: c.group.name, onclick: () => toggle(c.group.name) }))));
    const codes = el("tr", {}, columns.filter((c) => c.open).flatMap((c) => c.group.checks.map((check, i) =>
      el("th", { class: "code" + (i ? "" : " first"), scope: "col" }, el("button", { type: "button", title: `${data.checks[check].title} (${data.checks[check].level})`, text: short(data.checks[check]), onclick: () => { set({ ...cleared(), check: data.checks[check].code }); go("findings"); } })))));
    const rows = data.families.map((f) => el("tr", {}, el("th", { scope: "row" }, el("button", { type: "button", class: "plain", text: f.family, onclick: () => { set({ ...cleared(), family: f.family }); go("findings"); } })), coverageBar(f),
      columns.flatMap((c) => c.open
        ? c.group.checks.map((check) => matrixCell(f.family, `${data.checks[check].code} ${data.checks[check].title}`, united(f.family, [check]), { check: data.checks[check].code }))
        : [matrixCell(f.family, c.group.name, united(f.family, c.group.checks), { group: c.group.name })])));
    $("matrix-table").replaceChildren(el("thead", {}, top, codes), el("tbody", {}, rows));
    const first = $("matrix-table").querySelector("button.cell");
    if (first) first.tabIndex = 0;
    const all = open.size >= data.groups.length;
    $("unfold").setAttribute("aria-pressed", String(all));
    $("unfold").textContent = all ? "Show groups only" : "Show every check";
  };
  $("unfold").addEventListener("click", () => { state.columns = opened().size >= data.groups.length ? "" : data.groups.map((g) => g.name).join(","); writeUrl(); matrix(); });
  $("matrix-table").addEventListener("keydown", (event) => {
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!step || !event.target.classList.contains("cell")) return;
    const td = event.target.closest("td"), rows = [...$("matrix-table").tBodies[0].rows];
    for (let r = td.parentNode.rowIndex - 2 + step[0], c = td.cellIndex + step[1]; rows[r] && rows[r].cells[c]; r += step[0], c += step[1]) {
      const next = rows[r].cells[c].querySelector("button.cell");
      if (next) { event.preventDefault(); event.target.tabIndex = -1; next.tabIndex = 0; next.focus(); return; }
    }
  });
  const legend = () => {
    $("legend").replaceChildren(...words.filter((v) => v.word !== "unknown").map((v) => el("span", { title: v.meaning }, el("b", { class: tone(WORD[v.word]), text: v.mark }), v.word)));
    $("meaning-list").replaceChildren(...words.flatMap((v) => [el("dt", {}, el("b", { class: tone(WORD[v.word]), text: v.mark }), " ", v.word), el("dd", { text: v.meaning })]),
      el("dt", { text: "tested / eligible" }), el("dd", { text: "Operations with at least one answer that was judged, of those that could be tested here. The bar shows all operations of the family: eligible, tested, and (darkest) those whose success was seen. What is not eligible is listed below, with the reason." }));
  };

  // ---- JSON, set anew with the place in question marked; it walks tokens, so numbers stay as they were sent
  const TOKEN = /\s*(?:([{}[\],:])|("(?:[^"\\]|\\.)*"?)|([^\s{}[\],:"]+))/y;
  const pretty = (text, pointer) => {
    const wanted = pointer ? pointer.split("/").slice(1) : null;
    const out = el("pre", { tabindex: 0 });
    const stack = [];
    let into = out, marked = null, pos = 0, buffer = "";
    const flush = () => { if (buffer) { into.append(buffer); buffer = ""; } };
    const fits = () => wanted && wanted.length && stack.length === wanted.length && stack.every((level, i) => wanted[i] === "*" || String(level.at) === wanted[i]);
    const begin = () => { if (!marked && fits()) { flush(); marked = { depth: stack.length }; into = el("mark"); out.append(into); } };
    const end = () => { if (marked && marked.depth === stack.length && into !== out) { flush(); into = out; } };
    const line = () => { buffer += "\n" + "  ".repeat(Math.min(stack.length, 60)); };
    while (pos < text.length) {
      TOKEN.lastIndex = pos;
      const found = TOKEN.exec(text);
      if (!found) { buffer += text.slice(pos); break; }
      pos = TOKEN.lastIndex;
      const [, mark, string, word] = found, top = stack[stack.length - 1];
      if (mark === "{" || mark === "[") { if (top && top.empty) { top.empty = false; line(); } begin(); buffer += mark; stack.push({ list: mark === "[", at: mark === "[" ? 0 : null, key: mark === "{", empty: true }); continue; }
      if (mark === "}" || mark === "]") { end(); stack.pop(); if (top && !top.empty) line(); buffer += mark; end(); continue; }
      if (mark === ",") { end(); buffer += ","; if (top) { if (top.list) top.at += 1; else top.key = true; line(); } continue; }
      if (mark === ":") { buffer += ": "; continue; }
      if (top && top.empty) { top.empty = false; line(); }
      if (top && top.key) {
        top.key = false; buffer += string || word;
        try { top.at = JSON.parse(string).replace(/~/g, "~0").replace(/\//g, "~1"); } catch { top.at = null; }
        continue;
      }
      begin(); buffer += string || word; end();
    }
    flush();
    return out;
  };
  const looksJson = (text) => /^\s*[[{]/.test(text);
  const copyline = (text, what) => el("div", { class: "copyline" }, el("pre", { tabindex: 0, text }), el("button", {
    type: "button", class: "copy", text: "Copy", "aria-label": "Copy " + what,
    onclick: async (event) => {
      const button = event.currentTarget;
      try { await navigator.clipboard.writeText(text); } catch {
        const area = el("textarea"); area.value = text; document.body.append(area); area.select(); document.execCommand("copy"); area.remove();
      }
      button.textContent = "Copied"; setTimeout(() => { button.textContent = "Copy"; }, 1500);
    } }));
  const message = (title, part, pointer) => part && el("div", {}, el("h3", { text: title }), el("code", { text: part.line }),
    part.headers.length > 0 && el("details", { class: "headers" }, el("summary", { text: many(part.headers.length, "header") }), el("pre", { tabindex: 0, text: part.headers.map(([k, v]) => `${k}: ${v}`).join("\n") })),
    part.body && (looksJson(part.body) ? pretty(part.body, pointer) : el("pre", { tabindex: 0, text: part.body })),
    part.cut && el("p", { class: "soft", text: "Cut; results.jsonl holds more." }));

  // ---- findings; what is inside is made when it is opened
  const findingBody = (f) => {
    const check = data.checks[f.check], asked = f.pointer.startsWith("/body/") ? f.pointer.slice(5) : null;
    const view = "#?" + new URLSearchParams({ finding: f.identity });
    return el("div", {},
      el("p", {}, f.pointer && el("code", { text: f.pointer + " " }), f.sentence),
      el("p", { class: "soft" }, el("b", { text: `${check.level} ` }), check.title, check.why && `. ${check.why}`),
      f.component && el("p", { class: "soft" }, "In component ", el("code", { text: f.component }), f.keyword && ", rule ", f.keyword && el("code", { text: f.keyword })),
      f.deviation && el("p", {}, "Known deviation: ", el("code", { text: f.deviation })),
      f.operations.length > 1 && el("details", { open: f.operations.length < 6 ? "" : null }, el("summary", { text: `Shown by ${f.operations.length} operations` }), el("ul", { class: "plain" }, f.operations.map((o) => el("li", {}, el("code", { text: o }))))),
      (f.request || f.answer) && el("div", { class: "pair" }, message("Request", f.request, asked), message("Answer", f.answer, f.pointer)),
      f.curl && el("h3", { text: "curl" }), f.curl && copyline(f.curl, "the curl line"),
      f.console && el("h3", { text: "Dev Tools Console" }), f.console && copyline(f.console, "the lines for the Console"),
      f.again && el("h3", { text: "Again" }), f.again && copyline(`pytest --pyargs pytest_kibana.suites ${f.again}`, "the command"),
      el("p", { class: "actions" }, el("button", { type: "button", text: "All checks of this operation", onclick: () => { set({ ...cleared(), q: f.operation }); go("operations"); } }),
        el("a", { href: view, text: "Link to this finding", onclick: (event) => { event.preventDefault(); set({ ...cleared(), finding: f.identity }); go("findings"); } })));
  };
  // The inside of a row is made when its summary is pressed, before it opens: neither paper nor a reader waits for events.
  const lazily = (row, make) => {
    row.fill = () => {
      if (row.dataset.made) return;
      row.dataset.made = "1"; row.append(make());
    };
    row.querySelector("summary").addEventListener("click", row.fill);
    row.addEventListener("toggle", () => {
      if (!row.open) return;
      row.fill();
      const mark = row.querySelector("pre mark"), box = mark && mark.closest("pre");
      if (box) box.scrollTop = Math.max(0, mark.offsetTop - box.offsetTop - 60);
    });
    return row;
  };
  const openNow = (row) => { row.open = true; if (row.fill) row.fill(); };
  const finding = (f) => {
    const check = data.checks[f.check], row = lazily(el("details", { class: "finding", "data-identity": f.identity },
      el("summary", {}, el("span", { class: "tag " + tone(statusOf(f)), text: `${words[statusOf(f)].mark} ${check.code}${f.status === "new" ? "" : " " + f.status}` }),
        el("span", { class: "label", text: f.operation || "(the contract)" }), el("span", { text: check.title }),
        el("span", { class: "tag", text: `${check.level} ${f.severity}` }), f.about !== "deployment" && el("span", { class: "tag", text: "about: " + f.about }),
        f.operations.length > 1 && el("span", { class: "tag", text: many(f.operations.length, "operation") }), f.count > 1 && el("span", { class: "tag", text: f.count + "×" }))), () => findingBody(f));
    if (state.finding === f.identity || printing) openNow(row);
    return row;
  };
  const shownFinding = (f) => (state.finding ? f.identity === state.finding
    : (!state.family || f.family === state.family) && (!state.check || data.checks[f.check].code === state.check) && inGroup(f.check)
      && (!state.about || f.about === state.about) && (!state.verdict || words[statusOf(f)].word === state.verdict) && finds(f.hay));
  const ruleBox = () => {
    const check = data.checks.find((c) => c.code === state.check);
    $("rule-box").replaceChildren(...(check ? [el("p", { class: "rule" }, el("b", { text: `${check.code} ${check.title}` }), ` ${check.level}, ${check.severity}. `, check.why)] : []));
  };

  // ---- operations
  const path = (o) => o.operation.slice(o.operation.indexOf(" ") + 1);
  data.operations.sort((a, b) => (isBad(b.verdict) ? words[b.verdict].rank : 0) - (isBad(a.verdict) ? words[a.verdict].rank : 0) || (path(a) < path(b) ? -1 : path(a) > path(b) ? 1 : a.operation < b.operation ? -1 : 1));
  const operation = (o) => {
    const bad = o.checks.filter((v) => isBad(v[1]));
    return lazily(el("details", { class: "operation" }, el("summary", {}, el("span", { class: "tag " + tone(o.verdict), text: `${words[o.verdict].mark} ${words[o.verdict].word}` }), el("span", { class: "label", text: o.operation }),
      bad.slice(0, 8).map((v) => el("span", { class: "tag " + tone(v[1]), text: short(data.checks[v[0]]) })), el("span", { class: "tag", text: o.family }),
      o.success && el("span", { class: "tag v-passed", text: "success seen" }), o.ms !== null && el("span", { class: "tag", text: o.ms.toFixed(1) + " ms" }),
      el("span", { class: "soft", text: Object.entries(o.statuses).map(([s, n]) => (n > 1 ? `${s} ×${n}` : s)).join(", ") }))), () => operationBody(o));
  };
  const operationBody = (o) => {
    const silent = new Set([WORD["not applicable"], WORD["not run"], WORD.unknown]);
    const spoke = o.checks.filter((v) => !silent.has(v[1])).sort((a, b) => words[b[1]].rank - words[a[1]].rank), rest = o.checks.filter((v) => silent.has(v[1]));
    const found = findingsOf.get(o.operation) || [];
    return el("div", {},
      el("table", {}, el("thead", {}, el("tr", {}, ["check", "rule", "verdict", "exchanges", "note"].map((t) => el("th", { scope: "col", text: t })))),
        el("tbody", {}, spoke.map(([c, verdict, count, broken, note]) => el("tr", {}, el("td", {}, el("code", { text: data.checks[c].code })),
          el("td", { text: `${data.checks[c].title} (${data.checks[c].level})` }), el("td", {}, el("span", { class: "tag " + tone(verdict), text: words[verdict].word })),
          el("td", { text: broken ? `${broken} of ${count}` : count }),
          el("td", {}, note || "", found.filter((f) => f.check === c).map((f) => el("button", { type: "button", class: "plain link", text: `${f.pointer} ${f.sentence}`.trim().slice(0, 90), onclick: () => { set({ ...cleared(), finding: f.identity }); go("findings"); } }))))))),
      rest.length > 0 && el("p", { class: "soft", text: `Nothing to say: ${rest.map((v) => short(data.checks[v[0]])).join(", ")}` }));
  };
  const shownOperation = (o) => {
    if (state.finding) { const f = data.findings.find((one) => one.identity === state.finding); return Boolean(f) && (f.operation === o.operation || f.operations.includes(o.operation)); }
    const narrowed = state.check || state.group;
    return (!state.family || o.family === state.family) && finds(o.hay)
      && (!narrowed ? !state.verdict || words[o.verdict].word === state.verdict
        : o.checks.some((v) => (!state.check || data.checks[v[0]].code === state.check) && inGroup(v[0]) && (!state.verdict || words[v[1]].word === state.verdict)));
  };

  // ---- requirements
  for (const r of data.requirements) r.hay = [r.requirement, r.sentence, r.test, r.reason, ...r.families, ...r.calls].join("\n").toLowerCase();
  data.requirements.sort((a, b) => words[b.verdict].rank - words[a.verdict].rank || (a.requirement < b.requirement ? -1 : 1));
  const parameter = (r) => (r.test.includes("[") ? r.test.slice(r.test.indexOf("[")) : "");
  const verdictTag = (verdict) => el("span", { class: "tag " + tone(verdict), text: `${words[verdict].mark} ${words[verdict].word}` });
  // One test is a row; several tests of one requirement are a row that opens into theirs.
  const requirement = (tests) => {
    const [first] = tests, counts = new Map();
    if (tests.length === 1) return certifying(first, [el("span", { class: "label", text: first.requirement }), el("span", { text: first.sentence })]);
    for (const r of tests) counts.set(r.verdict, (counts.get(r.verdict) || 0) + 1);
    return lazily(el("details", { class: "operation" }, el("summary", {}, verdictTag(first.verdict), el("span", { class: "label", text: first.requirement }), el("span", { text: first.sentence }), el("span", { class: "tag", text: first.level }),
      el("span", { class: "soft", text: [...counts].map(([v, n]) => `${n} ${words[v].word}`).join(", ") }))),
      () => el("div", {}, tests.map((r) => certifying(r, []))));
  };
  const certifying = (r, named) => lazily(el("details", { class: "operation" }, el("summary", {}, verdictTag(r.verdict), named,
    (parameter(r) || !named.length) && el("span", { class: "soft", text: parameter(r) || r.test }), el("span", { class: "tag", text: r.level }), r.families.slice(0, 3).map((f) => el("span", { class: "tag", text: f })))),
    () => el("div", {}, el("p", {}, el("code", { text: r.test })), r.reason && el("pre", { tabindex: 0, text: r.reason }), el("p", { class: "soft", text: `${r.seconds.toFixed(2)} s; called ${many(r.calls.length, "operation")}` }),
      r.calls.length > 0 && el("ul", { class: "plain" }, r.calls.map((o) => el("li", {}, el("code", { text: o }))))));
  const shownRequirement = (r) => !state.finding && !state.check && !state.group && !state.about && (!state.family || r.families.includes(state.family)) && (!state.verdict || words[r.verdict].word === state.verdict) && finds(r.hay);

  const byRequirement = (shown) => {
    const groups = new Map();
    for (const r of shown) groups.set(r.requirement, [...(groups.get(r.requirement) || []), r]);
    return [...groups.values()];
  };

  // ---- the rest
  const plot = (operations) => {
    const timed = operations.filter((o) => o.ms !== null).sort((a, b) => b.ms - a.ms).slice(0, 40);
    if (!timed.length) return $("plot").replaceChildren(el("p", { class: "soft", text: "No answer was timed." }));
    const most = Math.max(timed[0].ms, 0.1), left = 430, width = 1000, step = 18;
    const svg = el("svg", { viewBox: `0 0 ${width} ${timed.length * step + 4}`, role: "img", "aria-label": `Median response times of ${timed.length} operations, from ${timed[0].ms.toFixed(1)} to ${timed[timed.length - 1].ms.toFixed(1)} milliseconds` });
    timed.forEach((o, i) => {
      const long = Math.max(2, (o.ms / most) * (width - left - 90));
      svg.append(el("g", {}, el("title", { text: `${o.operation}: ${o.ms.toFixed(1)} ms` }),
        el("text", { x: left - 8, y: i * step + 13, "text-anchor": "end", text: o.operation.length > 58 ? o.operation.slice(0, 57) + "…" : o.operation }),
        el("rect", { class: "time", x: left, y: i * step + 3, width: long, height: step - 6, rx: 3 }),
        el("text", { x: left + long + 6, y: i * step + 13, text: o.ms.toFixed(1) + " ms" })));
    });
    $("plot").replaceChildren(svg);
  };
  const table = (heads, rows) => el("table", {}, el("thead", {}, el("tr", {}, heads.map((t) => el("th", { scope: "col", text: t })))), el("tbody", {}, rows.map((row) => el("tr", {}, row.map((value) => el("td", {}, value))))));
  const code = (text) => el("code", { text });
  const untested = () => {
    const kinds = new Map();
    for (const skip of data.skips) { const kind = (skip.group ? "in part: " : "") + skip.kind; kinds.set(kind, [...(kinds.get(kind) || []), skip]); }
    const sorted = [...kinds].sort((a, b) => Number(a[0].startsWith("in part")) - Number(b[0].startsWith("in part")) || b[1].length - a[1].length);
    $("untested-list").replaceChildren(...(sorted.length ? sorted.map(([kind, skips]) => lazily(el("details", {}, el("summary", {}, el("span", { class: "tag", text: skips.length }), kind, el("span", { class: "soft clip", text: skips[0].reason }))),
      () => el("div", {}, table(["operation", "family", "group", "reason"], skips.map((s) => [code(s.operation), s.family, s.group || "all", el("span", { class: "reason", text: s.reason })]))))) : [el("p", { class: "soft", text: "Every operation of the contract was tested." })]));
  };
  const rules = () => {
    const counts = data.checks.map(() => new Map());
    for (const o of data.operations) for (const [check, verdict] of o.checks) counts[check].set(verdict, (counts[check].get(verdict) || 0) + 1);
    $("rule-list").replaceChildren(...data.groups.map((g) => lazily(el("details", {}, el("summary", {}, el("span", { class: "tag", text: g.checks.length }), g.name, el("span", { class: "soft", text: g.about }))),
      () => el("div", {}, table(["code", "level", "rule", "operations"], g.checks.map((c) => [code(data.checks[c].code), `${data.checks[c].level} ${data.checks[c].severity}`, el("span", {}, el("b", { text: data.checks[c].title }), data.checks[c].why && el("span", { class: "soft", text: " " + data.checks[c].why })),
        [...counts[c]].sort((a, b) => words[b[0]].rank - words[a[0]].rank).map(([v, n]) => el("span", { class: "tag " + tone(v), text: `${n} ${words[v].word}` }))]))))));
  };
  const environment = () => $("environment-list").replaceChildren(...(data.troubles.length ? [el("ul", {}, data.troubles.map((t) => el("li", { text: `${t.kind}: ${t.sentence}${t.count > 1 ? ` (${t.count} times)` : ""}` })))] : [el("p", { class: "soft", text: "No outage, nothing left behind." })]));
  const comparison = () => {
    const c = data.comparison;
    if (!c) return;
    const who = (w) => Object.values(w).filter((v) => v !== null && typeof v !== "object").join(", ");
    const lines = (title, bad, all, text) => el("details", { open: bad && all.length ? "" : null }, el("summary", {}, el("span", { class: "tag " + (all.length && bad ? "v-failed" : ""), text: all.length }), title), el("div", {}, el("ul", { class: "plain" }, all.map((one) => el("li", {}, el("code", { text: text(one) }))))));
    const said = (f) => `${f.code}  ${f.operation}  ${f.pointer || ""} ${f.sentence || f.title || ""}`;
    const changed = c.families.filter((f) => f.new || f.fixed || f.no_longer_tested || f.newly_tested);
    $("comparison-body").replaceChildren(
      el("p", {}, el("b", { class: "tag " + (c.worse ? "v-failed" : "v-passed"), text: c.worse ? "something got worse" : "nothing got worse" }), ` old: ${who(c.old)}; new: ${who(c.new)}`),
      changed.length ? table(["family", "new", "fixed", "unchanged", "no longer tested", "newly tested"], changed.map((f) => [f.family, f.new, f.fixed, f.unchanged, f.no_longer_tested, f.newly_tested].map(String))) : el("p", { class: "soft", text: "No family changed." }),
      lines("new", true, c.findings.new, said), lines("graver", true, c.findings.graver, said), lines("fixed", false, c.findings.fixed, said), lines("unchanged", false, c.findings.unchanged, said),
      lines("not looked at again", false, c.findings.unseen, said), lines("operations no longer tested", true, c.no_longer_tested, String), lines("operations whose success is no longer seen", true, c.lost_success, String), lines("operations newly tested", false, c.newly_tested, String),
      ...[["requirements broken", true, "broken"], ["requirements no longer certified", true, "no_longer_certified"], ["requirements mended", false, "mended"]].map(([title, bad, key]) => lines(title, bad, c.requirements[key], (r) => `${r.requirement}  ${r.sentence}  ${r.test}`)));
  };
  const LIMIT = 150, limits = new Map();
  let printing = false;
  const list = (id, items, make, none) => {
    const limit = printing ? items.length : limits.get(id) || LIMIT;
    const nodes = items.slice(0, limit).map(make);
    if (items.length > limit) nodes.push(el("p", {}, el("button", { type: "button", text: `Show ${Math.min(LIMIT, items.length - limit)} more of ${items.length}`, onclick: () => { limits.set(id, limit + LIMIT); render(); } })));
    $(id).replaceChildren(...(nodes.length ? nodes : [el("p", { class: "soft", text: none })]));
  };
  const render = () => {
    const findings = data.findings.filter(shownFinding), operations = data.operations.filter(shownOperation);
    ruleBox();
    list("finding-list", findings, finding, data.findings.length ? "No finding fits the filters." : "No findings.");
    list("operation-list", operations, operation, "No operation fits the filters.");
    if ($("requirement-list")) list("requirement-list", byRequirement(data.requirements.filter(shownRequirement)), requirement, "No requirement fits the filters.");
    plot(operations);
    $("shown").textContent = `${findings.length} of ${data.findings.length} findings, ${operations.length} of ${data.operations.length} operations`;
  };
  // On paper nothing can be opened, so findings are printed open.
  const print = (on) => { if (printing !== on) { printing = on; render(); for (const row of document.querySelectorAll("#untested-list details, #rule-list details, #meanings")) if (on) openNow(row); else row.open = false; } };
  window.matchMedia("print").addEventListener("change", (event) => print(event.matches));
  window.addEventListener("beforeprint", () => print(true));
  window.addEventListener("afterprint", () => print(false));
  window.addEventListener("hashchange", () => { if (location.hash.startsWith("#?")) { readUrl(); matrix(); render(); } });
  readUrl(); legend(); matrix(); comparison(); untested(); rules(); environment(); render();
  document.documentElement.dataset.ready = "true";
})();
