// Beside the text of an article: the panel that finds and takes up pictures and recordings, the cards that show in the
// editor what a line places, fields that hold a picture, and pasted text that arrives clean.

const panel = document.querySelector("dialog.library");
const words = panel?.dataset ?? {};
const known = new Map(); // "picture:12" → what the server said of it; null while it is asked, false where there is none
let choose = null; // what a choice in the panel does
let asked = 0; // how often the panel has been asked for a list; an answer that was overtaken is not shown
let editor = null;

// --- asking the server ---

function token() {
  return document.querySelector("input[name=csrfmiddlewaretoken]").value;
}

async function ask(address, body) {
  const options = body && { method: "POST", body, headers: { "X-CSRFToken": token() } };
  try {
    const answer = await fetch(address, { ...options, signal: AbortSignal.timeout(60000) });
    if (answer.redirected || (!answer.ok && answer.status !== 400)) return null;
    return await answer.json();
  } catch {
    return null;
  }
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function say(text) {
  const place = panel.open ? panel.querySelector("[data-said]") : document.querySelector(".library-bar [data-said]");
  if (place) place.textContent = text;
}

// --- the panel ---

function side(name) {
  return panel.querySelector(`[data-side="${name}"]`);
}

function show(name) {
  for (const each of panel.querySelectorAll("[data-side]")) each.hidden = each.dataset.side !== name;
  for (const tab of panel.querySelectorAll("[data-show]")) tab.setAttribute("aria-pressed", tab.dataset.show === name);
  side(name).querySelector(".found").replaceChildren(); // nobody presses what is gone in a moment
  find(name);
}

function open(name, chosen) {
  choose = chosen;
  say("");
  panel.querySelector(".tabs").hidden = chosen.pictures === true;
  panel.showModal();
  show(name);
  side(name).querySelector("input[type=search]").focus();
}

async function find(name, page = 1) {
  const place = side(name);
  const list = place.querySelector(".found");
  const query = new URLSearchParams({ q: place.querySelector("input[type=search]").value, page });
  const number = ++asked;
  const answer = await ask(`${place.dataset.from}?${query}`);
  if (number !== asked) return;
  if (!answer) return say(words.away);
  if (page === 1) list.replaceChildren();
  for (const thing of answer.found) list.append(item(name, thing));
  const more = place.querySelector(".more");
  more.hidden = !answer.more;
  more.dataset.page = page + 1;
  say(list.children.length ? "" : words.nothing);
}

function item(name, thing) {
  const button = element("button", { type: "button", title: thing.alt });
  if (thing.thumb) button.append(element("img", { src: thing.thumb, alt: "", loading: "lazy" }));
  button.append(element("span", { textContent: thing.name, dir: "auto" }));
  button.addEventListener("click", () => take(name, thing));
  return element("li", {}, button);
}

function take(name, thing) {
  known.set(`${name}:${thing.id}`, thing);
  panel.close();
  choose(name, thing);
}

async function upload(event) {
  event.preventDefault();
  const form = event.target;
  const name = form.closest("[data-side]").dataset.side;
  for (const fault of form.querySelectorAll(".errorlist")) fault.remove();
  const file = form.elements.upload?.files[0];
  if (file && file.size > Number(words.largest)) return fault(form, "upload", words.large);
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  say(words.working);
  const answer = await ask(form.action, new FormData(form));
  button.disabled = false;
  say("");
  if (!answer) return say(words.away);
  if (answer.errors) {
    for (const [field, faults] of Object.entries(answer.errors)) fault(form, field, faults.join(" "));
    form.querySelector("[aria-invalid=true]")?.focus();
    return;
  }
  form.reset();
  take(name, answer.found[0]);
  if (!answer.new) say(words.known);
}

function fault(form, name, text) {
  const field = form.elements[name] ?? form.elements.upload;
  const list = element("ul", { className: "errorlist", id: `${field.id}_fault` }, element("li", { textContent: text }));
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", list.id);
  field.before(list);
}

function prepare() {
  for (const tab of panel.querySelectorAll("[data-show]")) tab.addEventListener("click", () => show(tab.dataset.show));
  for (const place of panel.querySelectorAll("[data-side]")) {
    const name = place.dataset.side;
    let waiting;
    place.querySelector("input[type=search]").addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => find(name), 250);
    });
    place.querySelector(".more").addEventListener("click", (event) => find(name, Number(event.target.dataset.page)));
    place.querySelector("form").addEventListener("submit", upload);
  }
  panel.querySelector("[data-close]").addEventListener("click", () => panel.close());
}

// --- the editor ---

// A name of the page's import map, which is no file beside this one.
const EDITOR = "django-prose-editor/editor";
const LINE = /^\s*\[\[(picture|recording):([1-9][0-9]{0,8})\]\]\s*$/;

function place(name, thing) {
  const line = { type: "paragraph", content: [{ type: "text", text: `[[${name}:${thing.id}]]` }] };
  const { $to } = editor.state.selection;
  const block = $to.depth ? $to.node(1) : null;
  const empty = block && block.type.name === "paragraph" && !block.content.size;
  const at = !block ? $to.pos : empty ? { from: $to.before(1), to: $to.after(1) } : $to.after(1);
  editor.chain().insertContentAt(at, [line, { type: "paragraph" }]).run();
  editor.view.focus();
}

function note() {
  const start = "[[note: ";
  const { to } = editor.state.selection;
  editor.chain().insertContentAt(to, `${start}]]`).setTextSelection(to + start.length).run();
  editor.view.focus();
}

function lines(doc) {
  const found = [];
  doc.forEach((block, offset) => {
    const line = block.type.name === "paragraph" && LINE.exec(block.textContent);
    if (line) found.push({ key: `${line[1]}:${line[2]}`, name: line[1], id: line[2], end: offset + block.nodeSize - 1 });
  });
  return found;
}

function card(key) {
  const thing = known.get(key);
  const made = element("span", { className: "inset", contentEditable: "false" });
  if (thing === false) {
    made.classList.add("missing");
    made.append(element("span", { textContent: words.missing }));
  } else if (thing) {
    if (thing.thumb) made.append(element("img", { src: thing.thumb, alt: "" }));
    made.append(element("span", { dir: "auto" }, element("b", { textContent: thing.name }), element("span", { textContent: thing.alt })));
  }
  return made;
}

async function learn(view, wanted) {
  for (const name of ["picture", "recording"]) {
    const ids = wanted.filter((line) => line.name === name && !known.has(line.key)).map((line) => line.id);
    if (!ids.length) continue;
    for (const id of ids) known.set(`${name}:${id}`, null);
    const answer = await ask(`${side(name).dataset.from}?ids=${ids}`);
    for (const id of ids) answer ? known.set(`${name}:${id}`, false) : known.delete(`${name}:${id}`);
    for (const thing of answer?.found ?? []) known.set(`${name}:${thing.id}`, thing);
    if (!view.isDestroyed) view.dispatch(view.state.tr.setMeta("insets", true));
  }
}

async function enhance(found) {
  editor = found;
  bar(editor.view.dom.closest(".prose-editor"));
  const { Plugin, Decoration, DecorationSet } = await tools();
  const draw = (doc) =>
    DecorationSet.create(
      doc,
      lines(doc).map((line) =>
        Decoration.widget(line.end, () => card(line.key), { side: 1, key: `${line.key}-${known.get(line.key) ? 1 : known.get(line.key)}` }),
      ),
    );
  editor.registerPlugin(
    new Plugin({
      state: {
        init: (_, state) => draw(state.doc),
        apply: (tr, old) => (tr.docChanged || tr.getMeta("insets") ? draw(tr.doc) : old),
      },
      props: {
        decorations(state) {
          return this.getState(state);
        },
        handleDOMEvents: {
          // Before the editor reads it, whose reading would try the styles that the page's policy refuses.
          paste: pasted,
          drop: (view, event) => pictureFile(event.dataTransfer, event),
        },
      },
      view: (view) => {
        learn(view, lines(view.state.doc));
        return { update: () => learn(view, lines(view.state.doc)) };
      },
    }),
  );
}

async function tools() {
  const { pm } = await import(EDITOR);
  return { Plugin: pm.state.Plugin, Decoration: pm.view.Decoration, DecorationSet: pm.view.DecorationSet };
}

// --- pasting ---

function pictureFile(data, event) {
  const file = [...(data?.files ?? [])].find((each) => each.type.startsWith("image/"));
  if (!file) return false;
  event.preventDefault();
  open("picture", place);
  const form = side("picture").querySelector("form");
  form.closest("details").open = true;
  const held = new DataTransfer();
  held.items.add(file);
  form.elements.upload.files = held.files;
  form.elements.alt.focus();
  return true;
}

function pasted(view, event) {
  const html = event.clipboardData.getData("text/html");
  if (!html) return pictureFile(event.clipboardData, event);
  if (html.includes("data-pm-slice")) return false; // from this editor or one like it
  event.preventDefault();
  clean(view, html);
  return true;
}

async function clean(view, html) {
  const answer = await ask(words.pasted, JSON.stringify({ html }));
  if (answer?.html) editor.chain().insertContent(answer.html).run();
  else if (!answer) view.pasteHTML(html); // it is cleaned when it is stored all the same
  say(answer?.said ?? "");
}

// --- what stands in the form ---

function bar(below) {
  const made = element("div", { className: "help library-bar" });
  const button = (text, act) => {
    const each = element("button", { type: "button", className: "button", textContent: text });
    each.addEventListener("click", act);
    made.append(each);
  };
  button(words.picture, () => open("picture", place));
  button(words.recording, () => open("recording", place));
  button(words.note, note);
  made.append(element("span", { role: "status", className: "quiet" }));
  made.lastChild.dataset.said = "";
  // Under the row of label and text, where the help stands: beside the text it would make that narrow.
  (below.closest(".flex-container") ?? below).after(made);
}

function pictureField(input) {
  const shown = element("span", { className: "inset" });
  const put = element("button", { type: "button", className: "button", textContent: words.choose });
  const away = element("button", { type: "button", className: "button", textContent: words.none });
  const label = input.labels?.[0];
  if (label) {
    label.id ||= `${input.id}_label`;
    put.id = `${input.id}_choose`;
    put.setAttribute("aria-labelledby", `${label.id} ${put.id}`);
  }
  const draw = async () => {
    away.hidden = shown.hidden = !input.value;
    const key = `picture:${input.value}`;
    if (input.value && !known.get(key)) {
      const answer = await ask(`${side("picture").dataset.from}?ids=${input.value}`);
      if (answer) known.set(key, answer.found[0] ?? false);
    }
    if (input.value) shown.replaceChildren(...card(key).childNodes);
  };
  const set = (value) => {
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.dispatchEvent(new Event("change", { bubbles: true }));
    draw();
  };
  put.addEventListener("click", () => open("picture", Object.assign((_, thing) => set(thing.id), { pictures: true })));
  away.addEventListener("click", () => (set(""), put.focus()));
  input.addEventListener("refilled", draw);
  input.type = "hidden";
  input.after(element("div", { className: "picture-field" }, shown, put, away));
  draw();
}

if (panel) {
  prepare();
  document.querySelectorAll("input[data-picture]").forEach(pictureField);
  const text = document.querySelector("textarea[data-django-prose-editor-configurable]");
  if (text) {
    const there = [...document.querySelectorAll(".ProseMirror")].find((each) => each.editor)?.editor;
    if (there) enhance(there);
    else document.addEventListener("prose-editor:ready", (event) => enhance(event.detail.editor), { once: true });
  }
}
