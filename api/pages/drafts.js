// What an officer types into a form stays in this browser, and nowhere else, until it is recorded, thrown away, or
// somebody signs out. Pages work without it; how a form looks, and what it takes, is the server's affair alone.
"use strict";
(() => {
  const OURS = "subsidia-draft:", LASTS = 14 * 24 * 3600 * 1000, PAUSE = 300;
  const store = (() => { try { return window.localStorage; } catch { return null; } })();
  if (!store) return;

  const kept = key => { try { return JSON.parse(store.getItem(key)); } catch { return null; } };
  const keys = () => Object.keys(store).filter(key => key.startsWith(OURS));
  const at = officer => `${OURS}${officer}:${location.pathname}`;
  for (const key of keys()) if (!(Date.now() - kept(key)?.at < LASTS)) store.removeItem(key);

  // Another tab would write down once more what whoever signs out here wants gone.
  let over = false;
  const tabs = new BroadcastChannel("subsidia-signed-out");
  tabs.onmessage = () => { over = true; };
  document.querySelector("form[action='/sign-out']")?.addEventListener("submit", () => {
    over = true;
    keys().forEach(key => store.removeItem(key));
    tabs.postMessage("");
  });

  // By the id under which it is recorded once, the page tells its own text from an older one, which is nobody's to lose.
  const keyOf = all => all?.find(([name]) => name === "_key")?.[1];
  const remove = (place, own) => { if (keyOf(kept(place)?.said) === own) store.removeItem(place); };
  const recorded = document.querySelector("[data-recorded]");
  if (recorded) remove(at(recorded.dataset.recorded), recorded.dataset.key);

  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const key = at(form.dataset.draft), notice = document.getElementById("draft"), says = document.getElementById("kept");
  // Buttons and files are no text, and what is sealed is for the register alone.
  const said = () => [...form.elements]
    .filter(one => one.name && one.name !== "_do" && one.type !== "file" && !("sealed" in one.dataset))
    .map(one => [one.name, one.value]);
  // The page's own fields, which tell a press from one before, are no text of anybody's.
  const text = all => JSON.stringify(all.filter(([name]) => !name.startsWith("_")));
  const fresh = "fresh" in form.dataset, begun = text(said()), before = kept(key);
  let asking = before !== null && keyOf(before.said) !== keyOf(said()) && text(before.said) !== begun;

  const keep = () => {
    if (over || asking) return;
    const all = said();
    try {
      if (fresh && text(all) === begun) remove(key, keyOf(all));
      else store.setItem(key, JSON.stringify({ at: Date.now(), said: all }));
      says.hidden = false;
    } catch { says.hidden = true; }
  };
  let waiting;
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(keep, PAUSE); });
  addEventListener("pagehide", keep);

  // The server makes the form anew from what was typed, with as many rows as that takes: as it does for every press.
  document.getElementById("draft-take").addEventListener("click", () => {
    const made = document.createElement("form");
    [made.method, made.enctype, made.hidden] = ["post", "multipart/form-data", true];
    for (const [name, value] of [...before.said, ["_do", "draft"]]) {
      const one = document.createElement("textarea");
      [one.name, one.value] = [name, value];
      made.append(one);
    }
    document.body.append(made);
    made.submit();
  });
  // What was typed beside an old draft is not thrown away with it.
  document.getElementById("draft-drop").addEventListener("click", () => {
    asking = false;
    notice.hidden = true;
    store.removeItem(key);
    keep();
    [...form.elements].find(one => one.name && one.type !== "hidden" && one.name !== "_do").focus();
  });
  document.getElementById("forget").addEventListener("click", () => {
    over = true;
    store.removeItem(key);
    location.assign(location.pathname + location.search);
  });

  if (asking) {
    const here = new Date(before.at - new Date(before.at).getTimezoneOffset() * 60000);
    notice.querySelector("time").textContent = here.toISOString().slice(0, 16).replace("T", " ");
    notice.hidden = false;
  } else keep();
})();
