// The form of an article keeps what is typed: with the server every few seconds, in this browser where the server
// cannot be had, and offers it back. It also says who else has the article open. Without this script the form works
// as any other; what is typed is then kept by saving.

const LOOK = 1500; // how often the form is looked at for something new
const KEEP = 4000; // how long something new waits at most
const BEAT = 10000; // how often an open form says that it is open
const AWAY = 20 * 60000; // so long after the last key or touch it says nothing more, and the login may run out
const place = document.querySelector("[data-writing]");
const form = place && document.querySelector("#article_form");

if (place && form) {
  const words = place.dataset;
  const status = place.querySelector("[data-kept]");
  const beside = place.querySelector("[data-beside]");
  const offer = place.querySelector("[data-offer]");
  const token = form.querySelector("[name=csrfmiddlewaretoken]");
  const NOT_TEXT = new Set(["csrfmiddlewaretoken"]);
  // This browser's clock may go wrong; what it keeps bears the server's time.
  const skew = Date.parse(words.now) - Date.now();
  let known = null; // the form as it was before anything was typed, or as it was kept last
  let changedAt = 0;
  let askedAt = 0;
  let touchedAt = Date.now();
  let asking = false;
  let refused = ""; // what the server could not keep, so that it is not sent again unchanged

  const fields = () =>
    [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !NOT_TEXT.has(name));
  const text = () => JSON.stringify(fields());
  const say = (element, sentence) => {
    if (element.textContent !== sentence) element.textContent = sentence;
  };
  const time = (at) => new Date(at - skew).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

  // --- in this browser ---

  const local = {
    read() {
      try {
        return JSON.parse(localStorage.getItem(words.key));
      } catch {
        return null;
      }
    },
    write(sent = false) {
      return local.put({ at: Date.now() + skew, version: Number(words.version), sent, fields: fields() });
    },
    put(copy) {
      try {
        localStorage.setItem(words.key, JSON.stringify(copy));
        return true;
      } catch {
        return false; // full or forbidden: then only the server keeps it
      }
    },
    remove() {
      try {
        localStorage.removeItem(words.key);
      } catch {
        // Nothing was kept where nothing can be.
      }
    },
  };

  // --- with the server ---

  async function ask(method, body, more = {}) {
    const headers = { Accept: "application/json", "X-CSRFToken": token.value };
    if (body) headers["Content-Type"] = "application/json";
    const signal = more.keepalive ? undefined : AbortSignal.timeout(15000);
    return fetch(words.writing, { method, headers, body, redirect: "manual", signal, ...more });
  }

  async function renew() {
    // Whoever has signed in again has a new token; the form gets it too, so that it can be saved.
    const answer = await ask("GET");
    if (!answer.ok) return answer;
    const said = await answer.json();
    if (String(said.user) !== words.user) return new Response("{}", { status: 401 });
    token.value = said.token;
    return answer;
  }

  async function send(sent) {
    const body = sent === null ? "{}" : JSON.stringify({ fields: JSON.parse(sent) });
    let answer = await ask("POST", body);
    if (answer.status === 403 && (await renew()).ok) answer = await ask("POST", body);
    return answer;
  }

  function heard(said, sent) {
    if (sent !== null && said.kept) {
      known = sent;
      refused = "";
      changedAt = 0;
      if (text() === sent) local.remove();
      say(status, words.keptAt.replace("{at}", said.at));
      status.classList.remove("trouble");
    }
    const newer = said.newer && said.version > Number(words.version) ? [said.newer] : [];
    say(beside, [...said.others, ...newer].join(" "));
    beside.classList.toggle("empty", !beside.textContent);
  }

  function trouble(sentence, link) {
    status.classList.add("trouble");
    const whole = `${sentence} ${local.write() ? words.inBrowser : words.nowhere}`;
    if (status.dataset.said === whole) return;
    status.dataset.said = whole;
    status.textContent = `${whole} `;
    if (!link) return;
    const anchor = document.createElement("a");
    anchor.href = words.login;
    anchor.target = "_blank";
    anchor.textContent = words.signIn;
    status.append(anchor);
  }

  async function talk(sent) {
    asking = true;
    askedAt = Date.now();
    try {
      const answer = await send(sent);
      if (answer.ok) {
        delete status.dataset.said;
        heard(await answer.json(), sent);
      } else if (answer.status === 401 || answer.status === 403 || answer.type === "opaqueredirect") {
        const said = answer.status === 401 ? null : await answer.json().catch(() => null);
        if (sent !== null || changedAt) trouble(said?.sentence || words.signedOut, !said?.sentence);
      } else if (sent !== null) {
        refused = sent;
        const said = await answer.json().catch(() => null);
        trouble(said?.sentence || words.away, false);
        if (answer.status >= 500) refused = "";
      }
    } catch {
      if (sent !== null) trouble(words.away, false);
    }
    asking = false;
  }

  function look() {
    if (known === null) return;
    const now = text();
    if (!offer.hidden) {
      // What was offered is overwritten by nothing until it is answered.
      if (now !== known) say(status, words.answerFirst);
      return;
    }
    if (now === known) {
      changedAt = 0;
    } else if (!changedAt) {
      changedAt = Date.now();
      local.write();
    }
    if (asking) return;
    const due = changedAt && now !== refused && Date.now() - Math.max(changedAt, askedAt) >= KEEP;
    if (due) {
      local.write();
      talk(now);
    }
  }

  function begin() {
    touchedAt = Date.now();
    if (known === null) known = text();
  }

  for (const event of ["keydown", "pointerdown", "paste", "drop", "focusin"]) {
    form.addEventListener(event, begin, { capture: true });
  }
  form.addEventListener("submit", () => {
    begin();
    if (changedAt || text() !== known || "dirty" in words) local.write(true);
    known = null; // what happens to it now is the save's affair
  });
  addEventListener("pagehide", () => {
    if (known === null || !offer.hidden || text() === known) return;
    local.write();
    const body = JSON.stringify({ fields: fields() });
    // A browser sends 64 kB at most from a page that is going; more stays in the browser and is offered from there.
    if (body.length < 60000) ask("POST", body, { keepalive: true }).catch(() => {});
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) known = text();
  });
  setInterval(look, LOOK);
  setInterval(() => {
    const here = document.visibilityState === "visible" && Date.now() - touchedAt < AWAY;
    if (here && !asking && Date.now() - askedAt >= BEAT / 2) talk(null);
  }, BEAT);
  talk(null);
  if ("dirty" in words) known = ""; // the page came back with what was typed: it is not stored anywhere yet

  // --- what was typed before and not saved ---

  const former = local.read();
  const slug = (copy) => copy.fields.find(([name]) => name === "slug")?.[1];
  const arrived =
    former?.sent &&
    (words.lastMade ? slug(former) === words.lastMade : former.version < Number(words.version) && "mine" in words);
  if (arrived) {
    local.remove();
  } else if (former?.fields && !("dirty" in words) && !("restored" in words)) {
    const server = Date.parse(words.unsavedAt || "") || 0;
    offer.querySelector("form").addEventListener("submit", () => local.remove());
    if (former.at + 5000 > server) {
      offer.querySelector("[data-offered]").textContent = words.offered.replace("{at}", time(former.at));
      offer.hidden = false;
      offer.querySelector("[data-restore]").addEventListener("click", async (event) => {
        event.preventDefault();
        const answer = await send(JSON.stringify(former.fields)).catch(() => null);
        if (!answer?.ok) {
          trouble(answer?.status === 401 ? words.signedOut : words.away, answer?.status === 401);
          local.put(former); // what was tried stays for the next try
          return;
        }
        local.remove();
        location.assign(event.target.href);
      });
    } else {
      offer.querySelector("[data-restore]").addEventListener("click", () => local.remove());
    }
  }
}
