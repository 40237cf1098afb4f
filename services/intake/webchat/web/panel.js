/* The panel: conversation, forms, who the visitor is, and what became of what he sent. */
import { controlsOf, el, EVIDENCE, field, FORMS, icon, read, tell } from "./forms.js";
import { openOutbox } from "./outbox.js";
import { deliver, Offline, wire } from "./wire.js";
import { firstLanguage, shownHours, WORDS } from "./words.js";

/* Without + a number is Chinese: a mobile, or a landline with its area code. Whether it exists, intake says. */
const PHONE = /^(\+[0-9]{7,15}|(0086|86)?1[3-9][0-9]{9}|0[0-9]{9,17})((转|ext|x|#|,)[0-9]{1,7})?$/i, BETWEEN = /[\s().-]+/g;
const MAIL = /^[^\s@]+@[^\s@]+\.[a-z]{2,}$/i;
const REACH = ["phone", "email"], FILE = ["too-large", "unsupported-media-type"], MAX_FILES = 10, ASK_MS = 3000, ASK_CLOSED_MS = 30000;

export async function start({ base, root, host, page }) {
  const gateway = new URL(base).pathname.split("/").filter(Boolean).pop();
  const remembered = memory(`parcelcare/${gateway}/`);
  let language = firstLanguage(["zh", "en"], remembered.get("language"));
  let settings = JSON.parse(remembered.get("settings") || "null");
  const line = wire(base, remembered, () => language);
  const outbox = await openOutbox(gateway);
  const state = { open: false, view: "chat", messages: await outbox.all(), cases: [], files: [], reached: navigator.onLine, unread: 0, draft: "" };
  const ui = el("div", { class: page ? "care page" : "care" });
  root.append(ui);
  let words = WORDS[language];

  async function learn() {
    try {
      settings = await line.settings();
      remembered.set("settings", JSON.stringify(settings));
      state.reached = true;
      if (!settings.languages.includes(language)) setLanguage(settings.languages[0]);
    } catch (error) { if (!(error instanceof Offline)) throw error; state.reached = false; }
    if (settings) host.style.setProperty("--brand", settings.colour);
  }
  function setLanguage(to) { language = to; words = WORDS[to]; remembered.set("language", to); }
  const contact = () => JSON.parse(remembered.get("contact") || "null");

  /* ---- sending: one tab at a time, in order ---- */
  let flushing = false, retryAt = null;
  async function flush() {
    if (flushing) return;
    flushing = true;
    clearTimeout(retryAt);
    const alone = navigator.locks ? (act) => navigator.locks.request(`parcelcare/${gateway}`, act) : (act) => act();
    try { await alone(sendWaiting); } finally { flushing = false; }
    if (state.messages.some((m) => m.state === "waiting")) retryAt = setTimeout(flush, state.pause || 5000);
  }
  async function sendWaiting() {
    const stored = new Map((await outbox.all()).map((m) => [m.id, m]));
    state.messages = state.messages.map((m) => (stored.get(m.id)?.state === "sent" ? stored.get(m.id) : m));
    for (const message of state.messages.filter((m) => m.state === "waiting")) {
      message.busy = true; drawLog();
      try {
        await deliver(line, message, async (m, keep) => { if (keep) await outbox.put({ ...m, busy: false }); else drawLog(); });
        state.reached = true;
        ask();
      } catch (error) {
        if (error instanceof Offline) { state.reached = false; state.pause = 3000; break; }
        if (error.passing) { state.pause = Math.max(2, error.retryAfter || 5) * 1000; break; }
        if (error.status === undefined) throw error;
        message.state = "failed"; message.why = error.field || error.slug;
        await outbox.put({ ...message, busy: false });
      } finally { message.busy = false; drawLog(); drawBar(); }
    }
  }
  /* Once more, with the contact as it is now: the one of before may be what was refused. */
  async function again(message) {
    Object.assign(message, { state: "waiting", body: { ...message.body, customer: contact() || message.body.customer } });
    await outbox.put({ ...message, busy: false });
    state.view = "chat";
    draw();
    flush();
  }
  async function put(body, files) {
    const message = { id: crypto.randomUUID(), at: Date.now(), state: "waiting", files, body: { ...body, language, customer: contact() } };
    await outbox.put(message);
    state.messages.push(message);
    state.view = "chat"; state.files = []; state.trouble = "";
    draw();
    flush();
  }

  /* ---- what came of it ---- */
  let asking = null;
  async function ask() {
    clearTimeout(asking);
    const ids = state.messages.filter((m) => m.state === "sent").map((m) => m.id).slice(-500);
    if (ids.length && !document.hidden) {
      try {
        const { cases, open } = await line.progress(ids);
        if (settings) settings.open = open;
        const before = state.cases.flatMap((c) => c.replies).length, now = cases.flatMap((c) => c.replies).length;
        if (JSON.stringify(cases) !== JSON.stringify(state.cases)) {
          state.cases = cases;
          remembered.set("cases", JSON.stringify(cases));
          if (!state.open && now > before) { state.unread += now - before; drawButton(); }
          drawLog();
        }
        if (!state.reached) { state.reached = true; drawBar(); flush(); }
      } catch (error) {
        if (error instanceof Offline) { state.reached = false; drawBar(); }
        else if (error.status === undefined) throw error;
      }
    }
    asking = setTimeout(ask, state.open ? ASK_MS : ASK_CLOSED_MS);
  }

  /* ---- drawing ---- */
  const part = (name) => ui.querySelector(`[data-part=${name}]`);
  function draw() {
    ui.lang = language === "zh" ? "zh-CN" : "en";
    const focus = state.open && !page ? null : undefined;
    const typed = [...ui.querySelectorAll(".form :is(input:not([type=file]), select, textarea)")].map((control) => [control.id, control.value]);
    ui.replaceChildren(page ? "" : el("div", { "data-part": "button" }), state.open ? dialog() : "");
    drawButton();
    if (!state.open) return;
    drawBar(); drawLog(); drawComposer();
    for (const [id, value] of typed) { const control = id && root.getElementById(id); if (control) control.value = value; }
    if (focus === null && state.justOpened) { state.justOpened = false; (part("text") || ui.querySelector("input,textarea,button")).focus(); }
  }
  function drawButton() {
    if (page) return;
    part("button").replaceChildren(state.open ? "" : el("button", { class: "launch", "aria-label": words.open + (state.unread ? ` (${state.unread})` : ""), "aria-haspopup": "dialog", onclick: open },
      icon("chat"), el("span", {}, settings ? settings.title[language] : words.chat), state.unread ? el("b", { class: "count" }, String(state.unread)) : null));
  }
  function dialog() {
    const title = settings ? settings.title[language] : words.chat;
    return el("section", { class: "panel", role: page ? "region" : "dialog", "aria-label": title, onkeydown: (e) => e.key === "Escape" && !page && close() },
      el("header", {},
        state.view !== "chat" ? el("button", { class: "round", "aria-label": words.back, onclick: () => show("chat") }, icon("back")) : el("span", { class: "mark" }, icon("chat")),
        el("div", { class: "title" }, el("h1", {}, state.view === "chat" ? title : state.view === "contact" ? words.who : words[state.view]), el("p", { "data-part": "pulse" })),
        el("button", { class: "lang", lang: language === "zh" ? "en" : "zh-CN", onclick: () => { keep(); setLanguage(language === "zh" ? "en" : "zh"); draw(); } }, words.language),
        page ? null : el("button", { class: "round", "aria-label": words.close, onclick: close }, icon("close"))),
      el("div", { "data-part": "bar", role: "status" }),
      state.view === "chat" ? chat() : state.view === "contact" ? whoForm() : topicForm(state.view));
  }
  function drawBar() {
    if (!state.open) return;
    const off = !state.reached, away = settings && !settings.open;
    part("pulse").replaceChildren(el("i", { class: off ? "off" : away ? "away" : "on" }), off ? words.offline : away ? words.away : words.here);
    part("bar").replaceChildren(off ? el("p", { class: "note warn" }, words.offlineNote) : away ? el("p", { class: "note" }, words.awayNote(shownHours(settings, language))) : "");
  }
  const chat = () => el("div", { class: "chat" },
    el("div", { class: "log", "data-part": "log", role: "log", "aria-label": words.log, "aria-live": "polite", tabindex: 0 }), el("div", { class: "compose", "data-part": "compose" }));

  function drawLog() {
    if (!state.open || !part("log")) return;
    const log = part("log"), atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80 || !log.childElementCount;
    const replies = state.cases.flatMap((c) => c.replies.map((r) => ({ ...r, number: c.number, when: Date.parse(r.at), after: state.messages.find((m) => m.id === c.message)?.at || 0 })));
    const entries = [...state.messages.map((m) => ({ when: m.at, node: () => mine(m) })), ...replies.map((r) => ({ when: Math.max(r.when, r.after), node: () => theirs(r) }))].sort((a, b) => a.when - b.when);
    log.replaceChildren(el("div", { class: "hello" }, el("p", { class: "bubble" }, settings ? settings.greeting[language] : "…")), menu(), ...entries.map((e) => e.node()));
    if (atEnd) log.scrollTop = log.scrollHeight;
  }
  const menu = () => el("nav", { class: "menu", "aria-label": words.menu }, FORMS.map((topic) => el("button", { onclick: () => show(topic) }, icon(topic), el("span", {}, el("b", {}, words[topic]), el("small", {}, words[`${topic}Hint`])))));

  function mine(m) {
    const found = state.cases.find((c) => c.message === m.id);
    const said = m.body.topic && m.body.topic !== "chat" ? el("p", { class: "topic" }, icon(m.body.topic === "exchange" ? "return" : m.body.topic), words[m.body.topic]) : null;
    const facts = [m.body.form && `${words[m.body.form.kind]} · ${m.body.form.tracking_number} · ¥${m.body.form.claimed}`, ...(m.body.tracking_numbers || []), ...(m.body.order_numbers || []), m.body.goods].filter(Boolean);
    return el("article", { class: "mine", "aria-label": words.you },
      el("div", { class: "bubble" }, said, facts.length ? el("p", { class: "facts" }, facts.join("\n")) : null, m.body.text ? el("p", {}, m.body.text) : null,
        m.files.map((f) => el("p", { class: "got" }, icon("file"), el("span", {}, f.name), m.busy && f.share < 1 ? el("progress", { max: 1, value: f.share || 0, "aria-label": f.name }) : null))),
      el("p", { class: `fate ${m.state}` }, m.state === "sent" ? icon("tick") : null, m.busy ? words.sending : m.state === "failed" ? `${words.failed}${words.colon}${words.bad[m.why] || words.problem[m.why] || words.problem.other}` : words[m.state],
        m.state === "sent" && !found ? ` · ${words.reference} ${m.reference}` : "", el("time", {}, clock(m.at)),
        m.state === "failed" ? [remedy(m), el("button", { onclick: async () => { await outbox.remove(m.id); state.messages = state.messages.filter((x) => x !== m); drawLog(); } }, words.discard)] : null),
      found ? el("p", { class: `case ${found.status}` }, el("i"), el("b", {}, found.number), words[found.status]) : null);
  }
  /* What may help: another contact, doing without the file that was refused, or trying once more. */
  function remedy(m) {
    if (REACH.includes(m.why)) return el("button", { onclick: () => { keep(); state.next = () => again(m); show("contact"); } }, words.change);
    const refused = FILE.includes(m.why) && m.files.find((file) => !file.receipt);
    if (!refused) return el("button", { onclick: () => again(m) }, words.retry);
    const rest = m.files.filter((file) => file !== refused);
    return m.body.text || m.body.form || rest.length ? el("button", { onclick: () => { m.files = rest; again(m); } }, words.without(refused.name)) : null;
  }
  const theirs = (r) => el("article", { class: "theirs", "aria-label": words.agent }, el("div", { class: "bubble" }, el("p", {}, r.text)), el("p", { class: "fate" }, `${words.agent} · ${r.number}`, el("time", {}, clock(r.when))));
  const clock = (at) => { const d = new Date(at), today = new Date().toDateString() === d.toDateString(); return d.toLocaleString(language === "zh" ? "zh-CN" : "en-GB", today ? { hour: "2-digit", minute: "2-digit" } : { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" }); };

  /* ---- the composer ---- */
  const keep = () => { if (part("text")) state.draft = part("text").value; };
  function drawComposer() {
    if (state.view !== "chat") return;
    const text = el("textarea", { "data-part": "text", rows: 1, maxlength: 5000, "aria-label": words.write, placeholder: words.write, oninput: grow, onkeydown: (e) => { if (e.key === "Enter" && !e.shiftKey && !e.isComposing) { e.preventDefault(); send(); } } });
    text.value = state.draft;
    const who = contact();
    part("compose").replaceChildren(chosen(), el("div", { class: "row" }, picker((e) => choose(e), "round"), text, el("button", { class: "send", "aria-label": words.send, onclick: send }, icon("send"))),
      who ? el("p", { class: "whoami" }, `${words.contactOf} ${who.phone || who.email}`, el("button", { onclick: () => { keep(); show("contact"); } }, words.change)) : "", trap());
    grow();
  }
  function grow() { const t = part("text"); if (t) { t.style.height = "auto"; t.style.height = `${Math.min(t.scrollHeight, 120)}px`; } }
  const trap = () => el("input", { class: "trap", name: "website", tabindex: -1, autocomplete: "off", "aria-hidden": "true", "data-part": "trap" });
  function picker(onchange, look) {
    const input = el("input", { type: "file", multiple: true, hidden: true, accept: "image/*,video/*,audio/*,application/pdf,.doc,.docx,.xls,.xlsx,.zip", onchange });
    return el("span", {}, input, el("button", { type: "button", class: look, "aria-label": words.attach, onclick: () => input.click() }, icon("clip"), look === "drop" ? el("span", {}, words.drop, el("small", {}, words.limit(megabytes()))) : null));
  }
  const megabytes = () => Math.floor((settings?.file_limit_bytes || 20971520) / 1048576);
  function choose(event) {
    keep();
    for (const blob of event.target.files) {
      const limit = settings?.file_limit_bytes || 20971520;
      state.trouble = blob.size > limit ? words.bad.size(megabytes()) : state.files.length >= MAX_FILES ? words.bad.many : "";
      if (!state.trouble) state.files.push({ name: blob.name, size: blob.size, blob });
    }
    if (state.view === "chat") drawComposer(); else part("chosen").replaceWith(chosen());
  }
  const chosen = () => el("ul", { class: "chosen", "data-part": "chosen" }, state.trouble ? el("li", { class: "trouble", role: "alert" }, state.trouble) : null, state.files.map((file) => el("li", {}, icon("file"), el("span", {}, file.name),
    state.view === "claim" ? el("select", { "aria-label": words.evidence, onchange: (e) => { file.evidence = e.target.value || undefined; } }, el("option", { value: "" }, words.evidence), EVIDENCE.map((k) => el("option", { value: k, selected: file.evidence === k }, words[k]))) : null,
    el("button", { type: "button", "aria-label": `${words.remove} ${file.name}`, onclick: () => { keep(); state.files = state.files.filter((f) => f !== file); state.trouble = ""; part("chosen").replaceWith(chosen()); } }, icon("close")))));
  async function send() {
    keep();
    const text = state.draft.trim();
    if (!text && !state.files.length) return;
    if (!contact()) { state.next = () => { state.draft = ""; return put({ topic: "chat", text }, state.files); }; return show("contact"); }
    const website = part("trap").value;
    state.draft = "";
    await put({ topic: "chat", text, ...(website && { website }) }, state.files);
    part("text").focus();
  }

  /* ---- forms ---- */
  function who(prefix) {
    const known = contact() || {};
    const name = el("input", { autocomplete: "name", maxlength: 100 }), phone = el("input", { type: "tel", autocomplete: "tel", maxlength: 40 }), email = el("input", { type: "email", autocomplete: "email", maxlength: 254 });
    name.value = known.name || ""; phone.value = known.phone || ""; email.value = known.email || "";
    const nodes = [field(`${prefix}-phone`, words, words.phone, phone), field(`${prefix}-email`, words, words.email, email), field(`${prefix}-name`, words, words.name, name)];
    const check = () => {
      const p = phone.value.trim(), m = email.value.trim();
      tell(phone, root, p && !PHONE.test(p.normalize("NFKC").replace(BETWEEN, "")) ? words.bad.phone : !p && !m ? words.bad.contact : "");
      tell(email, root, m && !MAIL.test(m) ? words.bad.email : "");
      const wrong = [phone, email].find((c) => c.getAttribute("aria-invalid") === "true");
      if (wrong) { wrong.focus(); return false; }
      remembered.set("contact", JSON.stringify({ ...(name.value.trim() && { name: name.value.trim() }), ...(p && { phone: p }), ...(m && { email: m }) }));
      return true;
    };
    return { nodes, check };
  }
  function whoForm() {
    const { nodes, check } = who("who");
    return el("form", { class: "form", novalidate: true, onsubmit: async (e) => { e.preventDefault(); if (!check()) return; const next = state.next; state.next = null; if (next) await next(); else show("chat"); } },
      el("div", { class: "scroll" }, el("p", { class: "lead" }, words.whoNote), nodes), el("footer", {}, el("button", { class: "primary" }, state.next ? words.send : words.submit)));
  }
  function topicForm(topic) {
    const controls = controlsOf(topic, words), person = contact() ? null : who("form"), t = trap();
    return el("form", { class: "form", novalidate: true, onsubmit: async (e) => { e.preventDefault(); const body = read(topic, controls, words, root); if (!body || (person && !person.check())) return; await put({ ...body, ...(t.value && { website: t.value }) }, state.files); } },
      el("div", { class: "scroll" }, controls.map((c) => field(`f-${c.name}`, words, words[c.name], c.control, c.required)),
        el("div", { class: "field" }, el("span", { class: "label" }, words.files), picker((e) => choose(e), "drop"), chosen()), person ? el("fieldset", {}, el("legend", {}, words.who), person.nodes) : null, t),
      el("footer", {}, el("button", { class: "primary" }, words.submit)));
  }

  function show(view) { keep(); state.view = view; state.trouble = ""; if (view !== "contact") state.next = null; if (view !== "chat" && view !== "contact") state.files = []; draw(); (ui.querySelector(".form input:not([type=file]), .form select") || part("text"))?.focus(); }
  async function open() { state.open = true; state.unread = 0; state.justOpened = true; draw(); await learn(); draw(); flush(); ask(); }
  function close() { keep(); state.open = false; state.view = "chat"; draw(); ui.querySelector(".launch")?.focus(); }

  state.cases = JSON.parse(remembered.get("cases") || "[]");
  window.addEventListener("online", () => { state.reached = true; drawBar(); flush(); ask(); });
  window.addEventListener("offline", () => { state.reached = false; drawBar(); });
  document.addEventListener("visibilitychange", () => document.hidden || ask());
  await learn();
  draw();
  if (state.messages.length) { flush(); ask(); }
  return { open, close };
}

/* localStorage where there is one, else as long as the page lasts. */
function memory(prefix) {
  const own = new Map();
  return {
    get(key) { try { return localStorage.getItem(prefix + key) ?? own.get(key); } catch { return own.get(key); } },
    set(key, value) { own.set(key, value); try { localStorage.setItem(prefix + key, value); } catch { /* full or forbidden */ } },
  };
}
