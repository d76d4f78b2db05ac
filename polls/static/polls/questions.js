// What makes fields easier where there are scripts: a slider that can be drawn, a ranking that is moved up and down, the sum
// of the points shared out, "none of these" that unticks the others. Without this file each is a plain field.

for (const box of document.querySelectorAll("[data-slider]")) {
  const range = box.querySelector("input[type=range]");
  const field = box.querySelector("input[type=text]");
  range.hidden = range.disabled = false;
  range.classList.toggle("untouched", !field.value);
  if (field.value) range.value = field.value;
  range.addEventListener("input", () => {
    field.value = range.value;
    range.classList.remove("untouched");
  });
  field.addEventListener("input", () => {
    if (field.value) range.value = field.value;
    range.classList.toggle("untouched", !field.value);
  });
}

for (const list of document.querySelectorAll("[data-points]")) {
  const fields = [...list.querySelectorAll("input")];
  const line = list.parentElement.querySelector("[data-sum]");
  const say = () => {
    const sum = fields.reduce((total, field) => total + (Number(field.value) || 0), 0);
    line.querySelector("b").textContent = sum;
    line.classList.toggle("right", sum === Number(list.dataset.total));
  };
  line.hidden = false;
  say();
  list.addEventListener("input", say);
}

for (const list of document.querySelectorAll("[data-ranking]")) {
  // A place given to one option is taken from the one that had it.
  list.addEventListener("change", ({ target }) => {
    const before = target.dataset.before ?? "";
    for (const other of list.querySelectorAll("select")) {
      if (other !== target && target.value && other.value === target.value) {
        other.value = before;
        other.dataset.before = before;
      }
    }
    target.dataset.before = target.value;
  });
  for (const select of list.querySelectorAll("select")) select.dataset.before = select.value;
}

for (const list of document.querySelectorAll(".options")) {
  list.addEventListener("change", ({ target }) => {
    if (target.type !== "checkbox" || !target.checked) return;
    const alone = "alone" in target.closest("[data-option]").dataset;
    for (const other of list.querySelectorAll("input[type=checkbox]:checked")) {
      if (other !== target && (alone || "alone" in other.closest("[data-option]").dataset)) other.checked = false;
    }
  });
}

// Whoever writes an answer of their own has chosen it.
for (const field of document.querySelectorAll(".own-words")) {
  field.addEventListener("input", () => {
    const choice = field.closest("[data-option]")?.querySelector("input[type=radio], input[type=checkbox]");
    if (choice && field.value) choice.checked = true;
  });
}

// A number and "don't know" exclude each other: the last one given stays.
for (const list of document.querySelectorAll(".beside")) {
  const field = list.closest("fieldset, .control")?.querySelector("input.field");
  list.addEventListener("change", ({ target }) => {
    if (target.checked && field) field.value = "";
  });
  field?.addEventListener("input", () => {
    if (field.value) for (const box of list.querySelectorAll("input:checked")) box.checked = false;
  });
}
