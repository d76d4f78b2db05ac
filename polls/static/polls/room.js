// Who has voted here comes back to figures. The lines that come with them have their room before the card is painted, as high
// as they were last time (polls.js measures them), so that nothing moves when they come. So this is no module and stands
// before everything else in the card.
try {
  const card = document.currentScript.closest("section.poll");
  const { voted, room } = JSON.parse(localStorage.getItem(`poll:${card.dataset.poll}`)) ?? {};
  if (voted && room?.width === card.clientWidth) {
    const sheet = new CSSStyleSheet();
    for (const [line, height] of Object.entries(room.heights)) {
      sheet.insertRule(`#${CSS.escape(card.id)} ${line} { min-block-size: ${Number(height)}px }`);
    }
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    addEventListener("resize", () => sheet.replaceSync(""), { once: true });
    if ("afterVote" in card.dataset) card.dataset.coming = "";
  }
} catch {
  // no storage, or an old browser: a line or two may move
}
