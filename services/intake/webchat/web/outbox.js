/* What the visitor wrote, kept in the browser until intake has it and shown after a reload (IndexedDB). */
const DAYS = 30;
const memory = new Map();

const whole = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

export async function openOutbox(name) {
  let db = null;
  try {
    const opening = indexedDB.open(`parcelcare/${name}`, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("messages", { keyPath: "id" });
    db = await whole(opening);
  } catch { /* Some private windows have none: then it lasts as long as the page. */ }
  const store = (mode) => db.transaction("messages", mode).objectStore("messages");
  const outbox = {
    async all() {
      const found = db ? await whole(store("readonly").getAll()) : [...memory.values()];
      return found.sort((a, b) => a.at - b.at);
    },
    put: async (message) => (db ? void (await whole(store("readwrite").put(message))) : void memory.set(message.id, message)),
    remove: async (id) => (db ? void (await whole(store("readwrite").delete(id))) : void memory.delete(id)),
  };
  const old = Date.now() - DAYS * 86400e3;
  for (const message of await outbox.all()) if (message.at < old && message.state !== "waiting") await outbox.remove(message.id);
  return outbox;
}
