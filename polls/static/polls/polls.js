// The poll card in the page: sends a vote, shows the figures, keeps them fresh. Without this script the card is a plain
// form and a list. All sentences come from the card's own <template class="words">; no markup is ever built from text.

const TIMEOUT = 10_000; // of every request
const FIRST_RETRY = 2_000; // of an unconfirmed vote, doubled up to LAST_RETRY
const LAST_RETRY = 30_000;
const SEND_FOR = 600_000;
const FETCH_EVERY = 3_000; // where the stream does not come
const ASK_EVERY = 30_000; // where figures do not show yet
const STREAM_AGAIN = 45_000;
const ANNOUNCE_EVERY = 30_000;
const PAUSED = "polls:paused";

const language = document.documentElement.lang || "en";
// Figures and times as the server writes them: in European digits, with every thousand set apart (polls_site/formats,
// polls/dates.py).
const beforeTime = { ar: "، ", "zh-hans": " " }[language] ?? ", ";
const locale = language === "en" ? "en-GB" : `${language}-u-nu-latn`;
const numbers = new Intl.NumberFormat(locale, { useGrouping: "always" });
const plurals = new Intl.PluralRules(locale);
const sparing = Boolean(navigator.connection?.saveData);
const cards = [];

const jitter = (ms) => ms * (0.75 + Math.random() / 2);

// Storage may be refused (private windows): then nothing is remembered, and nothing breaks.
const lasting = {
  get(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify(value));
    } catch {
      return;
    }
  },
};

async function request(url, options = {}) {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), TIMEOUT);
  try {
    const answer = await fetch(url, { ...options, signal: control.signal });
    const text = await answer.text();
    let body = null;
    try {
      body = JSON.parse(text);
    } catch {
      // A page instead of a document, from something between us and the server: the status alone decides.
    }
    const after = Number(body?.error?.retry_after ?? answer.headers.get("Retry-After")) || 0;
    return { status: answer.status, body, after };
  } finally {
    clearTimeout(timer);
  }
}

// What stands in the fields of one question, as the server reads it: chosen options, values by option (0: the question
// itself), and the order in which the options stood. A list where there is nothing but options.
function read(set) {
  const options = [];
  const values = {};
  let shown = null;
  for (const field of set.querySelectorAll("input, select, textarea")) {
    if (!field.name || (["radio", "checkbox"].includes(field.type) && !field.checked) || !field.value.trim()) continue;
    const part = field.name.split(".")[1];
    if (part === "shown") shown = field.value.split(",").map(Number);
    else if (part !== undefined) values[part] = field.value;
    else if (/^n\d+$/.test(field.value)) values[0] = field.value.slice(1);
    else options.push(Number(field.value));
  }
  const given = options.length + Object.keys(values).length;
  return { given, answer: shown || given > options.length ? { options, values, ...(shown && { shown }) } : options };
}

// Put an answer that was read back into its fields.
function fill(set, answer) {
  const { options = answer, values = {} } = answer;
  for (const field of set.querySelectorAll("input, select, textarea")) {
    const part = field.name.split(".")[1];
    const ticks = ["radio", "checkbox"].includes(field.type);
    if (part === "shown") continue;
    if (part === undefined && ticks) field.checked = options.map(String).includes(field.value) || field.value === `n${values[0]}`;
    else if (part === undefined && options.length) field.value = options[0];
    else if (ticks) field.checked = values[part] === field.value;
    else if (values[part] !== undefined) field.value = values[part];
  }
}

class Card {
  constructor(element) {
    this.element = element;
    this.data = element.dataset;
    this.key = `poll:${this.data.poll}`;
    this.unsentKey = `unsent:${this.data.poll}`;
    this.version = Number(this.data.version) || 0;
    this.askFace = this.data.face;
    this.words = this.find("template.words").content;
    this.form = this.find("form.ask");
    this.manual = sparing || this.data.state === "closed";
    this.seen = Date.now();
    if (this.form) this.prepareForm();
    if ("preview" in this.data) return;
    const stored = lasting.get(this.key);
    this.pass = stored?.pass;
    this.buttons();
    const changing = this.form?.elements.replaces; // this very page asks again
    if ((stored?.voted || "voted" in this.data) && !changing) this.comeBack();
    else this.restore(lasting.get(this.unsentKey));
    new IntersectionObserver(([entry]) => {
      this.onScreen = entry.isIntersecting;
      this.live();
    }).observe(element);
    document.addEventListener("visibilitychange", () => this.live());
    // Voted, or hidden, in another tab meanwhile, or on the page from which the browser goes back to this one.
    window.addEventListener("storage", ({ key }) => key === this.key && this.meanwhile());
    window.addEventListener("pageshow", ({ persisted }) => persisted && this.meanwhile());
  }

  meanwhile() {
    if (lasting.get(this.key)?.voted && !this.sending) this.comeBack();
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  // The sentence of this name; of several the one whose sample number has the plural category of n.
  say(name, values = {}, n = null) {
    const found = [...this.words.querySelectorAll(`[data-word="${name}"]`)];
    const fits = (word) => plurals.select(Number(word.dataset.n)) === plurals.select(n);
    const word = (n === null ? null : found.find(fits)) ?? found[0];
    const filled = n === null ? values : { n: numbers.format(n), ...values };
    return word ? word.textContent.replace(/\{(\w+)\}/g, (whole, key) => filled[key] ?? whole) : "";
  }

  when(moment) {
    const at = new Date(moment);
    const format = (parts) => new Intl.DateTimeFormat(locale, { timeZone: this.data.zone, hourCycle: "h23", ...parts });
    const day = { day: "numeric", month: "long", year: "numeric" };
    const clock = (parts) => `${format({ hour: "2-digit", minute: "2-digit", ...parts }).format(at)} ${this.data.zoneName}`;
    const plain = (text) => text.replace(/\s?г\./gu, ""); // a stop that would meet the stop of a sentence
    const date = plain(format(day).format(at));
    return {
      date,
      clock: clock({ second: "2-digit" }),
      minute: `${date}${beforeTime}${clock({})}`,
      second: `${date}${beforeTime}${clock({ second: "2-digit" })}`,
      until: (end) => this.period(at, new Date(end), (parts, time) => plain(format(parts).format(time)), day),
    };
  }

  // Two dates without repeating what they share, as the server writes them (period() in polls/dates.py): browsers have
  // other habits for ranges, which differ by their version.
  period(first, last, format, day) {
    const [from, to] = [first, last].map((time) => new Intl.DateTimeFormat("en-GB", { timeZone: this.data.zone }).format(time).split("/"));
    const end = format(day, last);
    if (`${from}` === `${to}`) return end;
    if (from[2] !== to[2]) return `${format(day, first)} – ${end}`;
    if (from[1] !== to[1]) return `${format({ day: "numeric", month: "long" }, first)} – ${end}`;
    const lang = document.documentElement.lang;
    if (lang === "zh-hans") return `${format(day, first)}–${Number(to[0])}日`;
    return `${Number(from[0])}${lang === "de" ? "." : ""}–${end}`;
  }

  // --- voting ------------------------------------------------------------------------------------------------------

  prepareForm() {
    this.form.noValidate = true; // our own sentences instead of the browser's bubbles
    this.button = this.form.querySelector(".button");
    this.buttonText = this.button.textContent;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    window.addEventListener("online", () => this.pending && this.tries && this.send());
  }

  // A vote of an earlier visit that was never confirmed: it is laid out again, said, and sent by its reader alone.
  restore(unsent) {
    if (!unsent?.ballot?.answers) return;
    const text = this.say("unsent", { choice: unsent.words, date: this.when(unsent.at).date });
    const discard = (over) => {
      lasting.set(this.unsentKey, null);
      over();
      this.offer("discard", false, "");
    };
    if (!this.form || this.data.face === "figures") {
      this.banner(text, false);
      this.offer("discard", true, this.say("discard"), () => discard(() => this.find(".counted").remove()));
      return;
    }
    for (const [question, answer] of Object.entries(unsent.ballot.answers)) {
      const set = this.form.querySelector(`[data-question="${Number(question)}"]`);
      if (set) fill(set, answer);
    }
    this.makeRoom(text);
    this.notice(text);
    this.button.textContent = this.say("send-now");
    this.offer("discard", true, this.say("discard"), () => discard(() => {
      this.form.reset();
      this.button.textContent = this.buttonText;
      this.notice("");
      this.button.focus();
    }));
  }

  submit() {
    if (this.busy) return;
    const answers = {};
    const sets = this.form.querySelectorAll("[data-question]");
    for (const set of sets) {
      const { given, answer } = read(set);
      const { question, minimum, maximum } = set.dataset;
      const alone = set.querySelector("[data-alone] > input:checked");
      const tooFew = given < ((!alone && Number(minimum)) || 1) && (given > 0 || "required" in set.dataset);
      if (tooFew || given > (Number(maximum) || Infinity)) {
        const legend = sets.length > 1 ? `${set.querySelector("legend").textContent.trim()} ` : "";
        const none = given > 0 ? "" : `${this.say("nothing-chosen")} `;
        this.notice(legend + none + set.querySelector(".limits").textContent);
        set.querySelector("input, select, textarea").focus();
        return;
      }
      if (given) answers[question] = answer;
    }
    if ("preview" in this.data) {
      this.notice(this.say("tested"));
      return;
    }
    const seconds = Math.round((Date.now() - this.seen) / 1000);
    this.ballot = { answers, place: this.data.place, language, seconds, replaces: this.replaces ?? this.form.elements.replaces?.value };
    lasting.set(this.unsentKey, { ballot: this.ballot, words: this.chosen(), at: Date.now() });
    this.offer("discard", false, "");
    this.until = Date.now() + SEND_FOR;
    this.tries = 0;
    this.makeRoom(this.say("counted", { choice: this.chosen() }));
    this.send();
  }

  // The choice in words, as the server says it.
  chosen() {
    const fields = [...this.form.querySelectorAll("fieldset:not(.about) :is(input:checked, select, input.field, textarea)")];
    const text = (field) => (field.labels?.[0] ?? field.selectedOptions?.[0])?.textContent ?? field.value;
    return fields.map((field) => text(field).trim().replace(/\.+$/, "")).filter(Boolean).join("; ");
  }

  post(again) {
    return request(this.form.action, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ ...this.ballot, again }),
    });
  }

  async send() {
    if (this.sending) return;
    this.sending = true;
    this.waitFor(null);
    this.hold();
    this.button.textContent = this.say("sending");
    if (!this.tries) this.tell(this.say("sending"));
    let answer;
    try {
      answer = await this.post(false);
      if (answer.status === 428) answer = await this.post(true);
    } catch {
      answer = { status: 503, body: null, after: 0 };
    }
    this.sending = false;
    this.button.textContent = this.buttonText;
    const { status, body, after } = answer;
    if (status < 300 && body?.receipt) this.counted(body, "counted");
    else if (status === 409 && body?.mine?.voted) this.counted(body.mine, "already");
    else if (status === 429) this.queue(after || FIRST_RETRY / 1000);
    else if (status < 300 || status >= 500) this.retry(after);
    else {
      lasting.set(this.unsentKey, null); // it was sent, and this is the answer
      const ended = ["closed", "paused"].includes(body?.error?.code);
      this.release(ended ? this.uncounted(body.error.message) : body?.error?.message || this.say("refused"));
      if (ended) this.find(".notice").focus();
      this.refresh().catch(() => {}); // the poll may have closed meanwhile
    }
  }

  // No answer is not a no: the same post may be repeated, the server counts it once.
  retry(after) {
    if (!navigator.onLine) this.until = Date.now() + SEND_FOR; // nobody gives up for want of a network
    if (Date.now() > this.until) {
      this.release(this.say("gave-up"));
      return;
    }
    const delay = Math.max(after * 1000, jitter(Math.min(LAST_RETRY, FIRST_RETRY * 2 ** this.tries++)));
    this.notice(this.say(navigator.onLine ? "unconfirmed" : "offline"));
    this.waitFor(delay);
  }

  queue(after) {
    const delay = after * 1000 + Math.random() * 2000; // so that a queue does not come back as one crowd
    this.until = Math.max(this.until, Date.now() + delay + SEND_FOR);
    this.notice(this.say("queued", { time: this.when(Date.now() + delay).clock }));
    this.waitFor(delay);
  }

  // Send after `delay` ms, counting down beside the button (for the eye only); null ends the waiting.
  waitFor(delay) {
    clearTimeout(this.pending);
    clearInterval(this.countdown);
    this.pending = null;
    this.clock?.remove();
    if (delay === null) return;
    const due = Date.now() + delay;
    this.clock = document.createElement("span");
    this.clock.className = "small";
    this.clock.setAttribute("aria-hidden", "true");
    const tick = () => (this.clock.textContent = this.say("seconds", {}, Math.max(0, Math.ceil((due - Date.now()) / 1000))));
    tick();
    this.button.after(this.clock);
    this.countdown = setInterval(tick, 1000);
    this.pending = setTimeout(() => this.send(), delay);
  }

  // While a vote is under way: the choice stands still, the button says so and keeps the focus.
  hold() {
    const inside = document.activeElement?.closest("fieldset");
    if (inside && this.form.contains(inside)) this.button.focus();
    this.busy = true;
    for (const set of this.form.querySelectorAll("fieldset")) set.disabled = true;
    this.button.setAttribute("aria-disabled", "true");
  }

  release(text) {
    this.waitFor(null);
    delete this.data.coming;
    this.buttons();
    this.busy = false;
    for (const set of this.form.querySelectorAll("fieldset")) set.disabled = false;
    this.button.removeAttribute("aria-disabled");
    this.notice(text);
  }

  notice(text) {
    const notice = this.form.querySelector(".notice");
    notice.hidden = !text;
    if (notice.textContent === text) return; // a third try is no news
    notice.textContent = text;
    if (text) this.tell(text);
  }

  // The one live region of the card. What is told of the figures waits until this has been heard.
  tell(text) {
    this.announced = Date.now();
    this.find(".status").textContent = text;
  }

  // --- after the vote ------------------------------------------------------------------------------------------------

  // `mine` is what the server counted; `word` names the sentence that says so.
  counted(mine, word) {
    const unsent = lasting.get(this.unsentKey);
    lasting.set(this.unsentKey, null);
    lasting.set(this.key, { ...lasting.get(this.key), voted: true, pass: mine.pass, hidden: mine.hidden });
    this.pass = mine.pass;
    this.standing = mine.revision;
    this.replaces = undefined;
    this.receipt = mine.receipt; // none where the choice is hidden on this device
    this.changeable = mine.may_change ?? this.data.mayChange === "1";
    if (this.form) this.release("");
    this.tell(""); // the sentence that takes the focus says enough
    this.makeRoom(this.say(word, { choice: mine.words }));
    this.listedOrder();
    this.mark(mine.choice);
    if (word === "counted" && this.lacksRows(mine.results)) {
      this.goToMine();
      return;
    }
    this.apply(mine.results);
    this.voted = true;
    delete this.data.coming;
    this.face();
    this.banner(this.say(mine.words ? word : "yours", { choice: mine.words }), word !== "yours");
    this.buttons();
    this.measure();
    if (this.data.shown !== "1" || !mine.results) this.refresh().catch(() => {});
    this.restart();
    if (word !== "yours" || unsent?.ballot?.replaces !== mine.revision || !this.changeable || !this.form) return;
    lasting.set(this.unsentKey, unsent); // a change of this very vote, which was never confirmed
    this.change();
    this.restore(unsent);
  }

  goToMine() {
    location.assign(`${this.data.mine}?back=${encodeURIComponent(location.pathname)}`);
  }

  // On a device that others use: the vote stays counted, and what was chosen is told to nobody here without the receipt.
  async hide() {
    const { body } = await request(`${this.data.mine}hide/`, { method: "POST", headers: { Accept: "application/json" } }).catch(() => ({}));
    if (!body?.hidden) return this.tell(this.say("not-hidden"));
    for (const row of this.element.querySelectorAll(".own")) this.markRow(row, false);
    lasting.set(this.key, { ...lasting.get(this.key), hidden: true }); // other tabs hear of it
    this.banner(this.say("hidden", { receipt: this.receipt }), true);
    this.receipt = "";
    this.changeable = false;
    this.buttons();
  }

  async comeBack() {
    if (this.form) this.makeRoom(this.say("yours"));
    const { status, body } = await request(`${this.data.mine}?language=${language}`, { cache: "no-store", headers: { Accept: "application/json" } }).catch(() => ({}));
    if (this.sending) return;
    if (body?.voted === false) lasting.set(this.key, null);
    if (status !== 200 || !body?.voted) {
      delete this.data.coming;
      return this.buttons();
    }
    this.pass = body.pass;
    const figures = await request(this.withPass(this.data.results)).catch(() => ({}));
    this.counted({ ...body, results: figures.status === 200 ? figures.body : null }, "yours");
  }

  // `choice` names by question the rows in which this reader's own answer counts.
  mark(choice) {
    for (const [question, rows] of Object.entries(choice)) {
      const own = new Set(rows.map(String));
      for (const row of this.element.querySelectorAll(`[data-question="${question}"] .option`)) {
        this.markRow(row, own.has(row.dataset.option));
      }
    }
  }

  markRow(row, mine) {
    row.classList.toggle("own", mine);
    const word = row.querySelector(".mine");
    if (word) word.hidden = !mine;
    const input = row.querySelector(":scope > input");
    if (input) input.checked = mine;
  }

  // Readers may have seen the options in an order of their own; results stand in the editor's.
  listedOrder() {
    for (const list of this.element.querySelectorAll("[data-listed]")) {
      for (const id of list.dataset.listed.split(",")) list.append(list.querySelector(`:scope > [data-option="${id}"]`));
    }
  }

  // Drawings are the server's, and months of a date, say, are rows that only it can write.
  lacksRows(document_) {
    if (document_ && this.find(".options[data-drawn]")) return true;
    const questions = document_?.questions.filter((question) => this.find(`[data-question="${question.id}"] .options.figures`)) ?? [];
    return questions.some((question) => question.options.some((row) => !this.row(question, row)));
  }

  row(question, row) {
    return this.find(`[data-question="${question.id}"] .option[data-option="${row.id}"]:has(.tally)`);
  }

  banner(text, focus) {
    if ("voted" in this.data) return; // the page says it already
    let banner = this.find(".counted");
    if (!banner) {
      banner = document.createElement("p");
      banner.className = "counted";
      banner.tabIndex = -1;
      this.find(".slot").append(banner);
    }
    banner.textContent = text;
    if (focus) banner.focus();
  }

  // Rows keep their places while controls turn into bars, and there is room for the sentence that the vote was counted and
  // for the lines under figures that are about to show. It is made as the reader presses: what comes later moves nothing.
  // A new width of the window sets all of it free.
  makeRoom(sentence) {
    const height = (element) => element.getBoundingClientRect().height;
    const slot = this.find(".slot");
    const sample = document.createElement("p");
    sample.className = "counted sample";
    sample.textContent = sentence;
    slot.append(sample);
    const rows = [...this.element.querySelectorAll(".option, .slot")];
    const heights = rows.map((row) => (row === slot ? Math.max(height(slot), height(sample)) : height(row)));
    sample.remove();
    rows.forEach((row, i) => (row.style.minBlockSize = `${heights[i]}px`));
    window.addEventListener("resize", () => rows.forEach((row) => (row.style.minBlockSize = "")), { once: true });
    if ("afterVote" in this.data && this.data.shown !== "1") this.expect();
    const before = new Set(this.element.querySelectorAll("[data-button]"));
    this.buttons(true);
    for (const button of this.element.querySelectorAll("[data-button]")) if (!before.has(button)) button.parentElement.style.visibility = "hidden";
  }

  // The lines under the figures, one vote long and not to be seen yet.
  expect() {
    this.data.coming = "";
    for (const line of this.element.querySelectorAll(".base-sentence")) line.textContent = this.baseSentence(line.parentElement, 1);
    for (const line of this.element.querySelectorAll(".rounding")) line.textContent = this.say("rounding", { sum: 100 });
    this.taken({ ballots: 1, opens_at: this.data.opens, as_of: Date.now() });
  }

  face() {
    if (!this.form) return;
    const asking = this.data.state === "open" && !this.voted;
    const figures = this.askFace === "ask-figures" || this.changing;
    this.data.face = !asking ? "figures" : figures && this.data.shown === "1" ? "ask-figures" : this.askFace;
  }

  change() {
    this.voted = false;
    this.changing = true;
    this.replaces = this.standing;
    this.find(".counted")?.remove();
    this.face();
    this.buttons();
    this.form.querySelector("input:checked")?.focus();
  }

  // --- figures ---------------------------------------------------------------------------------------------------------

  // Show a document unless it is older than what stands here.
  apply(document_) {
    if (document_?.poll !== this.data.poll || document_.version < this.version) return;
    const newer = document_.version > this.version;
    const shown = this.data.shown === "1";
    this.version = document_.version;
    this.data.version = document_.version;
    this.find(".delayed").hidden = !document_.delayed;
    if (newer) this.state(document_);
    if (!document_.figures.shown) {
      if (!shown) this.reason(document_.figures);
    } else if (newer || !shown) {
      this.draw(document_);
      if (newer && (this.find(".drawn") || document.querySelector(".quotas"))) this.redraw();
      this.data.shown = "1";
      this.find(".hidden-why").hidden = true;
      this.find(".taken").hidden = false;
      if (!shown) this.restart();
      else this.announce(document_);
    }
    if (newer || !shown) this.face();
    if (this.voted) this.measure();
  }

  // How high the lines are that come with figures: their room when this reader comes back (room.js).
  measure() {
    const heights = {};
    const take = (selector) => (heights[selector] = this.find(selector)?.getBoundingClientRect().height ?? 0);
    for (const line of this.element.querySelectorAll("[data-question]:has(.base)")) take(`[data-question="${line.dataset.question}"] .base`);
    for (const line of [".slot", ".taken", ".foot"]) take(line);
    lasting.set(this.key, { ...lasting.get(this.key), room: { width: this.element.clientWidth, heights } });
  }

  reason(figures) {
    const why = this.find(".hidden-why");
    const words = this.say(`hidden-${figures.reason}`); // none for a date: there the server's own sentence stands
    if (words || why.hidden) why.textContent = words || figures.message;
    why.hidden = false;
  }

  state(document_) {
    const before = this.data.state;
    this.data.state = document_.state;
    const closed = ["closed", "final"].includes(document_.state);
    const end = this.when(document_.closes_at);
    const words = this.say(`state-${document_.state}`, { date: closed ? end.date : end.minute });
    if (words) this.find(".state").textContent = words;
    if (closed) this.find(".head .label").textContent = this.say("label-after");
    if (before !== document_.state) this.buttons();
    if (before === "open" && before !== document_.state && words && !this.voted && this.form?.querySelector(":checked, :focus")) this.over(words);
    this.live();
  }

  // Voting ended under the reader's hands: it is said where they were, with what they had chosen, and the focus does not
  // fall off the page. A vote under way is answered by the server itself.
  over(words) {
    if (this.busy) return;
    const notice = this.form.querySelector(".notice");
    const chosen = this.chosen();
    if (notice.hidden) this.notice(chosen ? this.uncounted(this.say(this.data.state === "paused" ? "not-now" : "too-late")) : words);
    if (this.form.contains(document.activeElement)) notice.focus();
  }

  // A refusal, and what was chosen: the fields that held it may be gone in a moment.
  uncounted(sentence) {
    return `${sentence} ${this.say("your-choice")} ${this.chosen()}`;
  }

  draw(document_) {
    for (const question of document_.questions) {
      if (question.base === undefined) continue; // withheld: too few have answered it
      for (const option of question.options) {
        const row = this.row(question, option);
        if (!row) continue;
        const votes = numbers.format(option.votes);
        const spoken = this.say("votes", {}, option.votes);
        const share = { votes, percent: option.percent }; // there is none of nobody
        row.querySelector(".count").textContent = question.base ? this.say("figure", share) : votes;
        row.querySelector(".spoken").textContent = question.base ? this.say("spoken", { ...share, votes: spoken }) : spoken;
        row.querySelector(".value").setAttribute("width", `${option.percent}%`);
        const cells = document.querySelectorAll(`[data-table="${this.data.poll}"][data-question="${question.id}"] [data-option="${option.id}"] td`);
        if (cells.length) [cells[0].textContent, cells[1].textContent] = [votes, option.percent];
      }
      const base = this.find(`[data-question="${question.id}"] .base`);
      if (!base) continue;
      base.hidden = false;
      base.querySelector(".base-sentence").textContent = this.baseSentence(base, question.base);
      const uneasy = "bases" in base.dataset || question.base !== question.asked || question.asked !== document_.ballots;
      const bases = { asked: question.asked, skipped: question.asked - question.base, unasked: document_.ballots - question.asked };
      for (const name in bases) bases[name] = numbers.format(bases[name]);
      base.querySelector(".bases").textContent = uneasy && document_.source === "ballots" ? this.say("bases", bases) : "";
      const rounding = base.querySelector(".rounding");
      if (rounding) {
        rounding.textContent = this.say("rounding", { sum: question.sums_to });
        rounding.hidden = !question.base || question.sums_to === 100;
      }
      const close = base.querySelector(".close");
      if (close) {
        close.textContent = this.say(question.base < Number(close.dataset.leastBase) ? "close-base" : "close-lead");
        close.hidden = !question.too_close;
      }
    }
    this.measures(document_);
    this.taken(document_);
  }

  baseSentence(line, base) {
    const several = "several" in line.dataset ? ` ${this.say("several")}` : "";
    return this.say("base", {}, base) + several;
  }

  // In the card, and wherever its page says the same once more: how the poll is taken, and how to cite it.
  taken(document_) {
    const write = (name, text) => {
      const elsewhere = document.querySelectorAll(`[data-method="${this.data.poll}"] .${name}`);
      for (const each of [this.find(`.${name}`), ...elsewhere]) if (each) each.textContent = text;
    };
    write("counted-at", this.say("updated", { time: this.when(document_.as_of).second }));
    if (document_.source === "carried" || !document_.ballots) return;
    const who = this.say("readers", {}, document_.ballots);
    const begin = this.when(document_.opens_at);
    const over = ["closed", "final"].includes(document_.state);
    write("taken-by", this.say(over ? "taken-closed" : "taken-open", { who, day: begin.date, period: over && begin.until(document_.closes_at) }));
    if (document_.set_aside === undefined) return;
    const votes = { received: document_.ballots + document_.set_aside, aside: document_.set_aside, counted: document_.ballots };
    for (const name in votes) votes[name] = numbers.format(votes[name]);
    write("became", this.say("became", votes));
  }

  measures(document_) {
    for (const { id, measures } of document_.questions) {
      const line = this.find(`[data-question="${id}"] .measures`);
      if (!line || !measures) continue;
      const figure = (text, sign) => new Intl.NumberFormat(locale, { minimumFractionDigits: (text.split(".")[1] ?? "").length, signDisplay: sign }).format(text).replace(/\u200e?-/, document.dir === "rtl" ? "\u200e\u2212" : "\u2212");
      const said = [];
      if (measures.mean) said.push(this.say("mean", { mean: figure(measures.mean, "auto"), median: figure(measures.median, "auto") }));
      if (measures.net) said.push(this.say("net", { net: figure(measures.net, "exceptZero"), promoters: numbers.format(measures.promoters), detractors: numbers.format(measures.detractors) }));
      line.textContent = said.join(" ");
      line.hidden = !said.length;
    }
  }

  // What the server draws is taken from the page as it is now; a cache may hold the page of a moment ago.
  async redraw() {
    if (this.redrawing) return;
    this.redrawing = true;
    let fresh = null;
    for (let tries = 0; tries < 5 && !(Number(fresh?.dataset.version) >= this.version); tries++) {
      await new Promise((done) => setTimeout(done, jitter(1500)));
      const text = await fetch(location.href).then((answer) => answer.text()).catch(() => "");
      fresh = new DOMParser().parseFromString(text, "text/html").getElementById(this.element.id);
    }
    this.redrawing = false;
    if (!fresh) return;
    for (const said of document.querySelectorAll(`[data-method="${this.data.poll}"] .quotas`)) {
      said.textContent = fresh.ownerDocument.querySelector(".quotas")?.textContent ?? said.textContent;
    }
    for (const drawn of this.element.querySelectorAll(".drawn")) {
      const { question } = drawn.closest("[data-question]").dataset;
      const now = fresh.querySelector(`[data-question="${question}"] .drawn`);
      if (!now || drawn.contains(document.activeElement)) continue;
      const open = [...drawn.querySelectorAll("details")].map((each) => each.open);
      now.querySelectorAll("details").forEach((each, place) => (each.open = open[place] ?? false));
      drawn.replaceWith(now);
    }
  }

  // In the polite live region, at most every 30 s, and only the newest state of things.
  announce(document_) {
    const question = document_.questions.find((each) => each.base !== undefined && each.options.length);
    if (!question) return;
    const first = [...question.options].sort((a, b) => b.votes - a.votes)[0];
    const who = this.say("readers", {}, document_.ballots);
    this.news = question.too_close ? who : this.say("news", { votes: this.say("votes", {}, document_.ballots), text: first.text, percent: first.percent });
    if (this.newsTimer) return;
    const wait = Math.max(0, (this.announced ?? 0) + ANNOUNCE_EVERY - Date.now());
    this.newsTimer = setTimeout(() => {
      this.newsTimer = null;
      this.tell(this.news);
    }, wait);
  }

  // --- fresh figures ---------------------------------------------------------------------------------------------------

  withPass(url) {
    return this.pass ? `${url}?pass=${encodeURIComponent(this.pass)}` : url;
  }

  async refresh() {
    const { status, body } = await request(this.withPass(this.data.results));
    if (status !== 200) throw new Error(`results: ${status}`);
    this.apply(body);
  }

  // Watch only what somebody sees: on screen, in a visible page, not paused, not final.
  live() {
    const watch = this.onScreen && !document.hidden && !this.manual && this.data.state !== "final" && !lasting.get(PAUSED);
    if (watch === Boolean(this.watching)) return;
    this.watching = watch;
    if (watch) this.open();
    else this.close();
  }

  restart() {
    if (!this.watching) return;
    this.close();
    this.open();
  }

  open() {
    // Figures that do not show are not streamed: a question every half minute tells when they do.
    if (this.data.shown !== "1") return this.fetchSoon(ASK_EVERY);
    const stream = new EventSource(this.withPass(this.data.live));
    this.stream = stream;
    let trusted = false;
    const heard = () => {
      trusted = this.streamed = true;
      clearTimeout(this.fetching);
    };
    // Coming back, the hub sends nothing where this version is the newest; opening alone is proof enough then.
    stream.addEventListener("open", () => trusted && heard());
    stream.addEventListener("results", (event) => {
      heard();
      this.apply(JSON.parse(event.data));
    });
    stream.addEventListener("error", () => {
      if (stream !== this.stream) return;
      this.streamed = false;
      this.fetchSoon(FETCH_EVERY);
      if (stream.readyState !== EventSource.CLOSED) return; // the browser itself tries again
      clearTimeout(this.reopening);
      this.reopening = setTimeout(() => this.restart(), jitter(STREAM_AGAIN));
    });
    // A stream held back on its way delivers nothing and reports no error.
    this.fetchSoon(FETCH_EVERY * 2);
  }

  close() {
    this.stream?.close();
    this.stream = null;
    this.streamed = false;
    clearTimeout(this.fetching);
    clearTimeout(this.reopening);
  }

  fetchSoon(every) {
    clearTimeout(this.fetching);
    const next = (ms) => this.watching && !this.streamed && this.fetchSoon(ms);
    this.fetching = setTimeout(() => {
      this.refresh().then(
        () => next(this.data.shown === "1" ? FETCH_EVERY : ASK_EVERY),
        () => next(Math.min(every * 2, ASK_EVERY)),
      );
    }, jitter(every));
  }

  // --- buttons in the foot of the card ---------------------------------------------------------------------------------

  // With `coming` also those that a counted vote brings.
  buttons(coming = false) {
    const shown = this.data.shown === "1" || (coming && "afterVote" in this.data);
    const over = this.data.state === "final";
    this.offer("pause", shown && !this.manual && !over, this.say(lasting.get(PAUSED) ? "resume" : "pause"), () => {
      lasting.set(PAUSED, lasting.get(PAUSED) ? null : true);
      for (const card of cards) card.buttons(), card.live();
    });
    this.offer("update", this.manual && !over, this.say("update"), () => {
      const tell = (word) => () => this.tell(this.say(word));
      this.refresh().then(tell("current"), tell("unreachable"));
    });
    const elsewhere = this.voted && !("voted" in this.data); // the page of one's own vote has forms for it
    this.offer("hide", Boolean(coming || (elsewhere && this.receipt)), this.say("hide"), () => this.hide());
    this.offer("show", Boolean(elsewhere && !this.receipt), this.say("show"), () => this.goToMine());
    this.offer("change", Boolean(this.voted && this.changeable && this.form && !over), this.say("change"), () => this.change());
  }

  offer(name, wanted, text, act) {
    let button = this.find(`[data-button="${name}"]`);
    if (!button && wanted) {
      button = document.createElement("button");
      button.type = "button";
      button.className = "plain";
      button.dataset.button = name;
      button.addEventListener("click", act);
      const beside = name === "discard" && this.form?.querySelector(".actions"); // the button that it is the other choice to
      const item = document.createElement(beside ? "span" : "li");
      item.append(button);
      (beside || this.find(".foot")).append(item);
    }
    if (!button) return;
    button.textContent = text;
    button.parentElement.style.visibility = "";
    button.parentElement.hidden = !wanted;
  }
}

for (const element of document.querySelectorAll("section.poll")) cards.push(new Card(element));
