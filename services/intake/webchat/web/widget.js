/* What a shop embeds: a button; the panel itself is fetched when somebody opens it (or left something unsent). */
(() => {
  const base = new URL(".", document.currentScript.src).href;
  if (window.parcelcare) return;
  const host = document.createElement("parcelcare-widget");
  const root = host.attachShadow({ mode: "open" });
  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: base + "panel.css" });
  root.append(style);
  const panel = () => import(base + "panel.js").then((module) => module.start({ base, root, host, page: false }));
  window.parcelcare = {
    ready: new Promise((resolve) => {
      const begin = () => { document.body.append(host); resolve(panel()); };
      if (document.body) begin(); else document.addEventListener("DOMContentLoaded", begin);
    }),
    open: () => window.parcelcare.ready.then((it) => it.open()),
    close: () => window.parcelcare.ready.then((it) => it.close()),
  };
})();
