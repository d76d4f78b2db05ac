// The page on which a survey is written works without this: here a type shows only its own fields, answers to compare
// with are picked from a list, and advice follows what is typed.

const form = document.querySelector("form.writing");
const helps = new Map([...document.querySelectorAll(".which [data-kind]")].map((entry) => [entry.dataset.kind, entry.querySelector("dd").textContent]));
const PAUSE = 900;

// --- the fields of a type

function fit(question) {
  const kind = question.querySelector('select[name$="-kind"]');
  for (const row of question.querySelectorAll("[data-kinds]")) {
    row.hidden = !row.dataset.kinds.split(" ").includes(kind.value);
  }
  let help = question.querySelector(".kind-help");
  if (!help) {
    help = document.createElement("p");
    help.className = "kind-help";
    help.id = `${kind.id}_help`;
    kind.setAttribute("aria-describedby", help.id);
    kind.closest(".form-row").append(help);
  }
  help.textContent = helps.get(kind.value) ?? "";
  offerPictures(question, kind.value === "image");
}

// --- the answers a condition can compare with

function questionOf(uid) {
  const field = [...form.querySelectorAll('input[name$="-uid"]')].find((input) => input.value === uid);
  return field?.closest("[data-question]");
}

function lines(question, name) {
  const text = question.querySelector(`textarea[name$="-${name}"]`)?.value ?? "";
  return text.split("\n").map((line) => line.replace(/(\s*\[[^[\]]{1,60}\])+\s*$/, "").trim()).filter(Boolean);
}

function answersOf(chosen) {
  const [uid, row] = chosen.split("|");
  const question = questionOf(uid);
  if (!question) return [];
  const kind = question.querySelector('select[name$="-kind"]').value;
  if (kind === "likert" || (kind === "matrix" && row)) return lines(question, "labels");
  if (["rating", "recommend", "number", "slider", "date", "matrix", "points", "text", "longtext"].includes(kind)) return [];
  const found = lines(question, "options");
  return found.length || kind !== "yesno" ? found : (question.dataset.given ?? "").split("|").filter(Boolean);
}

// The answer is picked from a list where there is one; the list stands in place of the field, under its name.
function offerAnswers(row) {
  const chosen = row.querySelector('select[name$="_question"]');
  const comparison = row.querySelector('select[name$="_is"]');
  const field = row.querySelector('[name$="_value"]');
  if (!chosen || !field) return;
  field.hidden = !chosen.value || /answered$/.test(comparison?.value ?? "");
  const answers = answersOf(chosen.value);
  if (!answers.length && field.tagName === "INPUT") return;
  const other = document.createElement(answers.length ? "select" : "input");
  for (const name of ["name", "id", "aria-label", "class"]) {
    if (field.hasAttribute(name)) other.setAttribute(name, field.getAttribute(name));
  }
  other.hidden = field.hidden;
  for (const answer of answers) other.append(new Option(answer, answer));
  if (answers.length && field.value && !answers.includes(field.value)) other.append(new Option(field.value, field.value));
  other.value = field.value || answers[0] || "";
  field.replaceWith(other);
}

// --- pictures of the library

function offerPictures(question, wanted) {
  const row = question.querySelector(".field-options");
  let box = row.querySelector(".picture-search");
  if (box) box.hidden = !wanted;
  if (!wanted || box) return;
  box = document.createElement("div");
  box.className = "picture-search";
  const id = `${row.querySelector("textarea").id}_pictures`;
  const label = Object.assign(document.createElement("label"), { htmlFor: id, textContent: form.dataset.pictureLabel });
  const search = Object.assign(document.createElement("input"), { id, type: "search" });
  const found = Object.assign(document.createElement("div"), { className: "found-pictures" });
  box.append(label, search, found);
  row.append(box);
  let timer;
  const look = async () => {
    const answer = await fetch(`${form.dataset.pictures}?q=${encodeURIComponent(search.value)}`).catch(() => null);
    if (!answer?.ok) return;
    const { pictures } = await answer.json();
    found.replaceChildren(...pictures.map((picture) => pictureButton(picture, row.querySelector("textarea"))));
  };
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 300); });
  look();
}

function pictureButton(picture, options) {
  const button = Object.assign(document.createElement("button"), { type: "button" });
  button.append(Object.assign(document.createElement("img"), { src: picture.src, alt: picture.alt }), picture.name);
  button.addEventListener("click", () => {
    const rows = options.value.split("\n");
    const free = rows.findIndex((line) => line.trim() && !/\[picture \d+\]/.test(line));
    if (free < 0) rows.push(`${picture.alt} [picture ${picture.id}]`);
    else rows[free] = `${rows[free].trim()} [picture ${picture.id}]`;
    options.value = rows.filter((line) => line.trim()).join("\n");
    options.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return button;
}

// --- advice

let asked = 0;
let timer;

function showAdvice({ minutes, advice }) {
  form.querySelector("[data-minutes]").textContent = minutes;
  const place = form.querySelector("[data-advice-list]");
  const list = document.createElement(advice.length ? "ul" : "p");
  if (advice.length) list.append(...advice.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  else Object.assign(list, { className: "quiet", textContent: form.dataset.nothing });
  if (place.textContent.trim() !== list.textContent.trim()) place.replaceChildren(list);
}

async function advise() {
  const mine = ++asked;
  const answer = await fetch(form.dataset.advice, { method: "POST", body: new FormData(form) }).catch(() => null);
  if (answer?.ok && !answer.redirected && mine === asked) showAdvice(await answer.json());
}

if (form) {
  form.querySelectorAll("[data-question]").forEach(fit);
  form.querySelectorAll("[data-condition]").forEach(offerAnswers);
  form.addEventListener("change", (event) => {
    const question = event.target.closest("[data-question]");
    if (question && event.target.matches('select[name$="-kind"]')) fit(question);
    const row = event.target.closest("[data-condition]");
    if (row) offerAnswers(row);
  });
  form.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-condition]");
    if (row && event.target.matches('select[name$="_value"]') && !event.target.value) offerAnswers(row);
  });
  if (form.dataset.advice) form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(advise, PAUSE); });
}
