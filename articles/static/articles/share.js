// "Copy link": without this script it is an ordinary link to the page, which a browser's own menu copies.

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Plain http on the local network has no clipboard interface; the old command still works there.
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("no clipboard");
}

for (const link of document.querySelectorAll("a[data-copy]")) {
  const words = link.textContent;
  link.setAttribute("role", "button");
  link.setAttribute("aria-live", "polite");
  link.addEventListener("keydown", (event) => {
    if (event.key === " ") event.preventDefault(), link.click();
  });
  link.addEventListener("click", async (event) => {
    event.preventDefault();
    try {
      await copy(link.href);
    } catch {
      location.assign(link.href);
      return;
    }
    link.textContent = link.dataset.copied;
    link.focus();
    setTimeout(() => (link.textContent = words), 4000);
  });
}

// Where the device has a sheet of its own for sharing, it is offered; its place in the row is kept free, so nothing moves.
if (navigator.share) {
  for (const button of document.querySelectorAll("button[data-share]")) {
    button.parentElement.classList.add("offered");
    button.addEventListener("click", () => {
      navigator.share({ title: button.dataset.title, url: button.dataset.url }).catch(() => {}); // closed again: nothing to say
    });
  }
}
