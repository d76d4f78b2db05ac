// In the admin: the figures of a poll's page and of the first page follow the votes, and the editor for running text says
// what it is.

const EVERY = 4000;
const section = document.querySelector("[data-figures]");
const running = document.querySelector("[data-running]");

function put(place, text) {
  if (place && place.textContent !== text) place.textContent = text;
}

function showRunning(figures) {
  for (const line of figures.lines) {
    const row = running.querySelector(`[data-line="${line.id}"]`);
    if (!row) continue;
    put(row.querySelector("[data-sentence]"), line.sentence);
    put(row.querySelector("[data-votes]"), line.votes);
    put(row.querySelector("[data-leading]"), line.leading || "–");
    put(row.querySelector("[data-percent]"), line.percent ? `${line.percent}%` : "");
    row.querySelector(".value").setAttribute("width", `${line.percent}%`);
  }
  put(running.querySelector("[data-counted]"), figures.counted);
  return figures.lines.length > 0;
}

function show(figures) {
  for (const place of document.querySelectorAll("[data-figure]")) {
    const text = figures[place.dataset.figure];
    if (text !== undefined && place.textContent !== text) place.textContent = text;
  }
  for (const question of figures.questions) {
    const table = section.querySelector(`[data-question="${question.id}"]`);
    if (!table) continue;
    table.querySelector("[data-base]").textContent = question.base;
    table.querySelector("[data-asked]").textContent = question.asked;
    for (const option of question.options) {
      const row = table.querySelector(`[data-option="${option.id}"]`);
      if (!row) continue;
      row.querySelector("[data-votes]").textContent = option.votes;
      row.querySelector("[data-percent]").textContent = option.percent;
      row.querySelector(".value").setAttribute("width", `${option.percent}%`);
    }
  }
  return figures.live;
}

async function refresh(address, draw) {
  if (document.visibilityState === "visible") {
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (answer.ok && !answer.redirected && !draw(await answer.json())) return; // nothing moves any more
    } catch {
      // The next round tries again; what stands here says when it was counted.
    }
  }
  setTimeout(refresh, EVERY, address, draw);
}

if (section && "live" in section.dataset) setTimeout(refresh, EVERY, section.dataset.figures, show);
if (running?.querySelector("[data-line]")) setTimeout(refresh, EVERY, running.dataset.running, showRunning);

// Two parts of the form are drawn by scripts that leave them without a name: the editor for running text, and the field
// in which one searches authors and topics. They get that of the field they stand for.
function field(element) {
  const row = element.closest(".form-row, .translation");
  const own = row?.querySelector("textarea[id], select[id]");
  const label = own && row.querySelector(`label[for="${own.id}"]`);
  if (label) label.id ||= `${own.id}_label`;
  return label ? { own, label: label.id, help: document.getElementById(`${own.id}_helptext`)?.id } : null;
}

function nameEditor(element) {
  const named = field(element);
  if (!named) return;
  element.lang = named.own.lang; // the text that it holds may run in another direction than the desk
  element.dir = named.own.dir;
  element.setAttribute("role", "textbox");
  element.setAttribute("aria-multiline", "true");
  element.setAttribute("aria-labelledby", named.label);
  if (named.help) element.setAttribute("aria-describedby", named.help);
}

function nameSearch(element) {
  const named = field(element);
  if (named) element.setAttribute("aria-labelledby", named.label);
}

function name() {
  document.querySelectorAll(".ProseMirror[contenteditable]:not([aria-labelledby])").forEach(nameEditor);
  document.querySelectorAll(".select2-search__field:not([aria-labelledby])").forEach(nameSearch);
}

if (document.querySelector("textarea[data-django-prose-editor-configurable], select.admin-autocomplete")) {
  new MutationObserver(name).observe(document.body, { childList: true, subtree: true });
  name();
}
