/* Builds elements, and the forms: claim, complaint, return or exchange, repair. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "class") made.className = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

const SHAPES = {
  chat: "M4 5h16v11H9l-5 4z", claim: "M12 3l8 3v6c0 5-3.4 7.8-8 9-4.600-1.200-8-4-8-9V6zM9 12l2 2 4-4", complaint: "M12 4l9 16H3zM12 10v4M12 17v.5",
  return: "M4 9h12a4 4 0 010 8h-5M8 5L4 9l4 4", repair: "M14.500 6a4 4 0 015 5l-9 9-4-4 9-9zM6 4l3 3-2 2-3-3z",
  close: "M6 6l12 12M18 6L6 18", back: "M14 6l-6 6 6 6", send: "M4 12l16-8-6 16-3-7z", clip: "M8 12l6-6a3 3 0 014 4l-8 8a5 5 0 01-7-7l7-7", tick: "M5 12l5 5 9-10", file: "M7 3h7l4 4v14H7zM14 3v4h4",
};
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

const CLAIM_KINDS = ["loss", "damage", "shortage", "delay", "wrong_delivery", "return_dispute", "cold_chain"];
export const EVIDENCE = ["proof_of_value", "damage_photo", "waybill", "packaging", "serial_number"];
export const FORMS = ["claim", "complaint", "return", "repair"];
const FIELDS = {
  claim: ["kind", "tracking!", "claimed!", "goods", "text", "payee"],
  complaint: ["tracking", "order", "text!"],
  return: ["wish", "order!", "goods!", "tracking", "text!"],
  repair: ["order!", "goods!", "text!"],
};
const PATTERNS = { order: /^[A-Za-z0-9][A-Za-z0-9_-]{2,63}$/, tracking: /^[A-Za-z0-9][A-Za-z0-9-]{3,39}$/, claimed: /^[0-9]{1,10}(\.[0-9]{1,2})?$/ };
/* Copied from elsewhere they have spaces in them, and a shop's order numbers a # in front. */
const NUMBERS = ["tracking", "order"];
const SAMPLES = { tracking: "SF1234567890123", claimed: "199.00" };

export function field(id, words, label, control, required) {
  control.id = id;
  control.setAttribute("aria-describedby", `${id}-fault`);
  if (required) control.setAttribute("aria-required", "true");
  control.addEventListener("input", () => { if (control.hasAttribute("aria-invalid")) tell(control, control.getRootNode(), ""); });
  return el("div", { class: "field" },
    el("label", { for: id }, label, required ? el("span", { class: "must", title: words.required }, " *") : null),
    control, el("p", { class: "fault", id: `${id}-fault`, role: "alert" }));
}

export function tell(control, root, text) {
  control.toggleAttribute("aria-invalid", Boolean(text));
  if (text) control.setAttribute("aria-invalid", "true");
  root.getElementById(`${control.id}-fault`).textContent = text || "";
}

/* The controls of a form by name, and what they say in intake's terms (or null where something is wrong). */
export function controlsOf(topic, words) {
  const select = (options) => el("select", {}, options.map(([value, label]) => el("option", { value }, label)));
  const make = {
    kind: () => select(CLAIM_KINDS.map((kind) => [kind, words[kind]])),
    wish: () => select([["return", words.wishReturn], ["exchange", words.wishExchange]]),
    text: () => el("textarea", { rows: 3, maxlength: 5000 }),
    claimed: () => el("input", { inputmode: "decimal", placeholder: SAMPLES.claimed, autocomplete: "off", maxlength: 13 }),
    tracking: () => el("input", { placeholder: SAMPLES.tracking, autocomplete: "off", autocapitalize: "characters", maxlength: 40 }),
  };
  return FIELDS[topic].map((entry) => {
    const name = entry.replace("!", "");
    const control = (make[name] || (() => el("input", { maxlength: name === "order" ? 64 : 200, autocomplete: "off" })))();
    return { name, required: entry.endsWith("!"), control };
  });
}

export function read(topic, controls, words, root) {
  const said = {};
  let wrong = null;
  for (const { name, required, control } of controls) {
    const value = NUMBERS.includes(name) ? control.value.replace(/\s+/g, "").replace(/^#/, "") : control.value.trim();
    const fault = required && !value ? words.bad.required : value && PATTERNS[name] && !PATTERNS[name].test(value) ? words.bad[name] : "";
    tell(control, root, fault);
    if (fault && !wrong) wrong = control;
    said[name] = value;
  }
  if (wrong) { wrong.focus(); return null; }
  const body = { topic: topic === "return" ? said.wish : topic, text: said.text || "" };
  if (topic === "claim") {
    body.form = { kind: said.kind, tracking_number: said.tracking, claimed: said.claimed, ...(said.goods && { goods: said.goods }), ...(said.payee && { payee: said.payee }) };
  } else {
    if (said.tracking) body.tracking_numbers = [said.tracking];
    if (said.order) body.order_numbers = [said.order];
    if (said.goods) body.goods = said.goods;
  }
  return body;
}
