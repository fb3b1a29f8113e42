// Swaps the main region for a fresh one every few seconds. Pauses while the tab is hidden, while somebody is in a form
// field or has changed one, and on pages that say so. The pages work without it.
(() => {
  "use strict";
  const EVERY_MS = 3000;
  const button = document.getElementById("live");
  const main = () => document.getElementById("main");
  let on = localStorage.getItem("live") !== "off";
  let failures = 0;

  const isField = (element) => element && element.matches("input:not([type=hidden]), textarea, select");
  const isBusy = () =>
    isField(document.activeElement) ||
    [...main().querySelectorAll("textarea, input:not([type=hidden]):not([type=checkbox])")].some((f) => f.value !== f.defaultValue) ||
    !window.getSelection().isCollapsed;

  function show() {
    const may = main().dataset.live === "on";
    button.hidden = !may;
    button.setAttribute("aria-pressed", String(on));
    button.textContent = !on ? "Live: off" : failures > 0 ? "Live: no answer" : "Live";
  }

  function swap(fresh) {
    const old = main();
    for (const details of old.querySelectorAll("details[id]")) {
      const same = fresh.querySelector("#" + CSS.escape(details.id));
      if (same) same.open = details.open;
    }
    if (old.innerHTML === fresh.innerHTML) return;
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const place = focused ? [...old.querySelectorAll("a, button, summary, [tabindex]")].indexOf(focused) : -1;
    const scrolled = [...old.querySelectorAll(".scroll, pre")].map((e) => e.scrollLeft);
    old.replaceChildren(...fresh.childNodes);
    [...old.querySelectorAll(".scroll, pre")].forEach((e, n) => { e.scrollLeft = scrolled[n] || 0; });
    if (place >= 0) {
      const again = old.querySelectorAll("a, button, summary, [tabindex]")[place];
      if (again) again.focus({ preventScroll: true });
    }
  }

  async function refresh() {
    if (!on || document.hidden || main().dataset.live !== "on" || isBusy()) return;
    try {
      const answer = await fetch(location.href, { headers: { "x-linkspan-live": "1" }, cache: "no-store" });
      if (answer.redirected) return location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      // Somebody may have begun to type meanwhile.
      if (!isBusy()) swap(page.getElementById("main"));
      failures = 0;
    } catch {
      failures += 1;
    }
    show();
  }

  button.addEventListener("click", () => {
    on = !on;
    localStorage.setItem("live", on ? "on" : "off");
    show();
    refresh();
  });
  document.addEventListener("visibilitychange", refresh);
  show();
  setInterval(refresh, EVERY_MS);
})();
