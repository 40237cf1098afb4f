/* The widget as a page of its own. */
import { start } from "./panel.js";

const host = document.getElementById("care");
const root = host.attachShadow({ mode: "open" });
root.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: "panel.css" }));
start({ base: new URL(".", location.href).href, root, host, page: true }).then((panel) => panel.open());
