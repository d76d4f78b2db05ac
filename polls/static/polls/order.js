// Options in an order of the reader's own, before the card is painted; the order is sent with the vote and checked by the
// server. Options marked as fixed keep their places. One visit sees one order, also after a reload.
for (const set of document.querySelectorAll("fieldset[data-order]:not([data-ordered])")) {
  set.dataset.ordered = "";
  const list = set.querySelector("ol, .battery");
  const rows = [...list.querySelectorAll(":scope > [data-option]")];
  const ids = rows.map((row) => row.dataset.option);
  const free = rows.filter((row) => !("fixed" in row.dataset));
  const key = `order:${set.dataset.question}`;
  let draws = null;
  try {
    draws = JSON.parse(sessionStorage.getItem(key));
  } catch {
    // no storage: a new order each time
  }
  if (!Array.isArray(draws) || draws.length !== free.length) draws = free.map(() => Math.random());
  try {
    sessionStorage.setItem(key, JSON.stringify(draws));
  } catch {
    // as above
  }
  const turn = Math.floor(draws[0] * free.length);
  const moved =
    set.dataset.order === "rotate"
      ? [...free.slice(turn), ...free.slice(0, turn)]
      : free.map((row, i) => [draws[i], row]).sort((a, b) => a[0] - b[0]).map(([, row]) => row);
  const order = rows.map((row) => ("fixed" in row.dataset ? row : moved.shift()));
  list.append(...order);
  list.dataset.listed = ids.join(",");
  const field = document.createElement("input");
  field.type = "hidden";
  field.name = `q${set.dataset.question}.shown`;
  field.value = order.map((row) => row.dataset.option).join(",");
  set.append(field);
}
