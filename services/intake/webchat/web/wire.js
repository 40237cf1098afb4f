/* Speaks to intake: a session, uploads, messages, progress. What is waiting is sent in order, each exactly once. */
const FIELDS = { phone: /^\/customer\/phone/, email: /^\/customer\/email/, order: /^\/order_numbers/, tracking: /^\/(tracking_numbers|form\/tracking_number)/ };

export class Refused extends Error {
  constructor(status, problem, retryAfter) {
    super(problem.type || String(status));
    Object.assign(this, { status, problem, retryAfter });
  }
  get slug() { return (this.problem.type || "").split(":").pop(); }
  /* Which of the visitor's own fields is wrong. */
  get field() {
    const pointers = (this.problem.errors || []).map((error) => error.pointer);
    return Object.keys(FIELDS).find((name) => pointers.some((pointer) => FIELDS[name].test(pointer)));
  }
  get passing() { return this.status === 429 || this.status >= 500; }
}
export class Offline extends Error {}

export function wire(base, remembered, language) {
  let session = null;

  async function call(path, options = {}) {
    let response;
    const headers = { "Accept-Language": language(), ...options.headers };
    try {
      response = await fetch(base + path, { ...options, headers, credentials: "omit" });
    } catch { throw new Offline(); }
    if (!response.ok) throw await refused(response.status, () => response.json(), response.headers.get("Retry-After"));
    return response.json();
  }

  async function refused(status, read, retryAfter) {
    let problem = {};
    try { problem = await read(); } catch { /* a proxy's page */ }
    return new Refused(status, problem, Number(retryAfter) || 0);
  }

  async function begin() {
    const body = JSON.stringify({ token: remembered.get("token") || null });
    const begun = await call("session", { method: "POST", body, headers: { "Content-Type": "application/json" } });
    remembered.set("token", begun.token);
    session = { token: begun.token, until: Date.now() + begun.seconds * 1000 - 30e3 };
    return session;
  }

  async function withSession(act) {
    const current = session && session.until > Date.now() ? session : await begin();
    try { return await act(current.token); } catch (error) {
      if (error.status !== 401) throw error;
      return act((await begin()).token);
    }
  }

  const post = (path, body) => withSession((token) => call(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
  }));

  const upload = (file, onProgress) => withSession((token) => new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", base + "files");
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    request.setRequestHeader("Accept-Language", language());
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    request.onerror = request.onabort = () => reject(new Offline());
    request.onload = async () => (request.status === 201
      ? resolve(JSON.parse(request.responseText))
      : reject(await refused(request.status, async () => JSON.parse(request.responseText), request.getResponseHeader("Retry-After"))));
    request.send(file);
  }));

  return { settings: () => call("settings"), progress: (ids) => post("progress", { ids }), message: (body) => post("messages", body), upload };
}

/* One message: its files first, each until it has a receipt, then itself. `save` keeps what was reached. */
export async function deliver(line, message, save) {
  for (const file of message.files) {
    if (file.receipt && file.until > Date.now()) continue;
    const taken = await line.upload(file.blob, (share) => { file.share = share; save(message, false); });
    Object.assign(file, { receipt: taken.receipt, until: Date.now() + 23 * 3600e3, share: 1 });
    await save(message, true);
  }
  const age = Math.max(0, Math.round((Date.now() - message.at) / 1000));
  const files = message.files.map(({ receipt, name, evidence }) => ({ receipt, name, ...(evidence && { evidence }) }));
  const taken = await line.message({ id: message.id, ...message.body, files, age_s: Math.min(age, 2592000) });
  message.state = "sent";
  message.reference = taken.id.slice(0, 8).toUpperCase();
  for (const file of message.files) delete file.blob;
  await save(message, true);
}
