// A recording is a link to its page until the reader presses it: only then is anything loaded from elsewhere.

function frame(source, title) {
  const player = document.createElement("iframe");
  player.src = source;
  player.title = title;
  player.allow = "autoplay; fullscreen; encrypted-media; picture-in-picture";
  player.allowFullscreen = true;
  // A player refuses to play where it is not told on which site it stands; it learns the site, not the page.
  player.referrerPolicy = "strict-origin-when-cross-origin";
  player.setAttribute("sandbox", "allow-scripts allow-same-origin allow-popups allow-presentation");
  return player;
}

function media(kind, source, title) {
  const player = document.createElement(kind);
  player.src = source;
  player.controls = true;
  player.autoplay = true;
  player.setAttribute("aria-label", title);
  return player;
}

for (const figure of document.querySelectorAll("figure[data-player]")) {
  const { player: kind, source, title } = figure.dataset;
  figure.querySelector("a.play").addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    const player = kind === "frame" ? frame(source, title) : media(kind, source, title);
    player.tabIndex = 0;
    event.currentTarget.replaceWith(player);
    figure.classList.add("playing");
    player.focus();
  });
}
