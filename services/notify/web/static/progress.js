// Keeps an open progress page up to date: the server pushes the page's inner part whenever the case has moved.
(function () {
  "use strict";
  const live = document.getElementById("live");
  const pulse = document.getElementById("pulse");
  if (!live || !window.EventSource) return;

  const keysOf = (root) => new Set(Array.from(root.querySelectorAll("[data-key]"), (e) => e.dataset.key));

  // What a reader has opened stays open; what is new is lit up for a moment.
  function swap(html) {
    const before = keysOf(live);
    const open = Array.from(live.querySelectorAll("details[open]"), (e) => e.id);
    const focused = document.activeElement && live.contains(document.activeElement);
    live.innerHTML = html;
    open.forEach((id) => {
      const again = document.getElementById(id);
      if (again) again.open = true;
    });
    live.querySelectorAll("[data-key]").forEach((e) => {
      if (!before.has(e.dataset.key)) e.classList.add("is-new");
    });
    if (focused) document.getElementById("main").focus({ preventScroll: true });
  }

  let version = 0;
  let source = null;

  function connect() {
    const address = new URL(live.dataset.events, location.href);
    if (version) address.searchParams.set("v", String(version));
    source = new EventSource(address);
    source.onopen = () => { pulse.dataset.state = "on"; };
    source.onerror = () => {
      pulse.dataset.state = "off";
      // The browser gives up after an answer that is no stream (a restart, too many readers): begin again later.
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 10000);
    };
    source.addEventListener("view", (event) => {
      const grown = Number(event.lastEventId);
      if (grown <= version) return;
      version = grown;
      const news = JSON.parse(event.data);
      swap(news.html);
      document.title = news.title;
    });
  }

  connect();
  window.addEventListener("pagehide", () => source.close());
  window.addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
})();
