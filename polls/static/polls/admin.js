// In the admin: the figures of a poll's page follow the votes, and the editor for running text says what it is.

const EVERY = 4000;
const section = document.querySelector("[data-figures]");

function show(figures) {
  for (const place of document.querySelectorAll("[data-figure]")) {
    const text = figures[place.dataset.figure];
    if (text !== undefined && place.textContent !== text) place.textContent = text;
  }
  for (const question of figures.questions) {
    const table = section.querySelector(`[data-question="${question.id}"]`);
    if (!table) continue;
    table.querySelector("[data-base]").textContent = question.base;
    for (const option of question.options) {
      const row = table.querySelector(`[data-option="${option.id}"]`);
      if (!row) continue;
      row.querySelector("[data-votes]").textContent = option.votes;
      row.querySelector("[data-percent]").textContent = option.percent;
      row.querySelector(".value").setAttribute("width", `${option.percent}%`);
    }
  }
}

async function refresh() {
  if (document.visibilityState === "visible") {
    try {
      const answer = await fetch(section.dataset.figures, { headers: { Accept: "application/json" } });
      if (answer.ok && !answer.redirected) {
        const figures = await answer.json();
        show(figures);
        if (!figures.live) return; // nothing moves any more
      }
    } catch {
      // The next round tries again; what stands here says when it was counted.
    }
  }
  setTimeout(refresh, EVERY);
}

if (section && "live" in section.dataset) setTimeout(refresh, EVERY);

// django-prose-editor hides the textarea and edits in an element without a name.
function name(editor) {
  const area = editor.closest(".flex-container, div")?.parentElement?.querySelector("textarea[id]");
  const label = area && document.querySelector(`label[for="${area.id}"]`);
  if (!label) return;
  label.id ||= `${area.id}_label`;
  editor.setAttribute("role", "textbox");
  editor.setAttribute("aria-multiline", "true");
  editor.setAttribute("aria-labelledby", label.id);
  const help = document.getElementById(`${area.id}_helptext`);
  if (help) editor.setAttribute("aria-describedby", help.id);
}

if (document.querySelector("textarea[data-django-prose-editor-configurable]")) {
  const watch = new MutationObserver(() => {
    for (const editor of document.querySelectorAll(".ProseMirror:not([aria-labelledby])")) name(editor);
  });
  watch.observe(document.body, { childList: true, subtree: true });
}
