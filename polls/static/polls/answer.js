// A page of a survey: questions come and go with the answers on the same page, by the rules that the server holds to as
// well (polls/rules.py, polls/answering.py). Without this file the server shows the page again with what came in.

const form = document.querySelector("form[data-answer]");
const asked = [...form.querySelectorAll("fieldset.asked")];
const marker = Object.assign(document.createElement("input"), { type: "hidden", name: "scripted", value: "1" });
form.append(marker);

const NUMBER = /^[+-]?[0-9]{1,14}(?:[.,][0-9]{1,6})?$/;

function number(text) {
  const written = text.trim().replaceAll("\u2212", "-").replaceAll(/[\u00a0\u202f]/g, "");
  return NUMBER.test(written) ? Number(written.replace(",", ".")) : null;
}

// What a rule may compare: the same as `heard` in polls/answering.py; null where nothing is answered.
function heard(set) {
  const codes = JSON.parse(set.dataset.codes);
  const compares = set.dataset.compares.split(" ");
  const name = `q${set.dataset.question}`;
  const chosen = new Set();
  const values = {};
  for (const field of set.querySelectorAll("input, select, textarea")) {
    if (!field.name.startsWith(name) || ((field.type === "radio" || field.type === "checkbox") && !field.checked)) continue;
    if (field.type === "range" || !field.value.trim()) continue;
    const point = /^n([0-9]{1,3})$/.exec(field.value);
    if (field.name === name && point) values[0] = point[1];
    else if (field.name === name) chosen.add(codes[field.value]);
    else values[field.name.slice(name.length + 1)] = field.value;
  }
  if (compares.includes("rows")) {
    const rows = {};
    for (const [id, code] of Object.entries(codes)) {
      const value = number(values[id] ?? "");
      if (value !== null) rows[code] = value;
    }
    if (!Object.keys(rows).length) return null;
    if (set.dataset.kind === "points") for (const code of Object.values(codes)) rows[code] ??= 0;
    if (set.dataset.kind === "ranking") return { options: new Set(Object.keys(rows)), rows };
    if (set.dataset.kind === "matrix") for (const code of Object.keys(rows)) if (!rows[code]) delete rows[code];
    return { options: new Set(), rows };
  }
  const written = values[0] ?? "";
  if (set.dataset.kind === "text" || set.dataset.kind === "longtext") return written ? { options: chosen, rows: {} } : null;
  const value = number(set.dataset.kind === "date" ? written.replaceAll("-", "") : written);
  return chosen.size || value !== null ? { options: chosen, rows: {}, number: value } : null;
}

function holds(rule, known) {
  if (typeof rule === "boolean") return rule;
  if (rule.all) return rule.all.every((part) => holds(part, known));
  if (rule.any) return rule.any.some((part) => holds(part, known));
  if (rule.not !== undefined) return !holds(rule.not, known);
  const answer = known[rule.question];
  if ("answered" in rule) return Boolean(answer) === rule.answered;
  if (!answer) return false;
  if ("is" in rule) return answer.options.has(rule.is);
  if ("in" in rule) return rule.in.some((option) => answer.options.has(option));
  const value = "row" in rule ? answer.rows[rule.row] : answer.number;
  if (value === undefined || value === null) return false;
  return "at_least" in rule ? value >= rule.at_least : value <= rule.at_most;
}

function follow(event) {
  const known = {};
  let changed = false;
  for (const set of asked) {
    const shown = !set.dataset.rule || holds(JSON.parse(set.dataset.rule), known);
    changed ||= set.hidden === shown;
    set.hidden = set.disabled = !shown;
    const answer = shown ? heard(set) : null;
    if (answer) known[set.dataset.code] = answer;
  }
  if (changed && event) {
    const news = form.querySelector("[data-news]");
    news.textContent = "";
    news.textContent = news.dataset.sentence;
  }
}

if (asked.some((set) => set.dataset.rule)) {
  form.addEventListener("input", follow);
  form.addEventListener("change", follow);
  // Also for what the browser itself has put back into the fields.
  addEventListener("pageshow", () => follow());
  follow();
}
