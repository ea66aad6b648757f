// Checks the page that it stands in against the evidence that it carries, and asks nobody. See services/audit/reporting.py.
"use strict";
const UNSEEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;
const utf8 = (text) => new TextEncoder().encode(text);
const hex = (bytes) => Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
const unhex = (text) => Uint8Array.from(text.match(/[0-9a-f]{2}/g) ?? [], (one) => parseInt(one, 16));
const unbase64 = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
const same = (a, b) => hex(a) === hex(b);

async function hash(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  parts.reduce((at, one) => (whole.set(one, at), at + one.length), 0);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

class Broken extends Error {}

function need(holds, says) {
  if (!holds) throw new Broken(says);
}

// --- the signed root, and what lies under it ---

async function head(note, vkey) {
  const [name, id, encoded] = [vkey.split("+")[0], vkey.split("+")[1], vkey.split("+").slice(2).join("+")];
  const key = unbase64(encoded);
  need(key.length === 33 && key[0] === 1, "The key is no Ed25519 key.");
  need(hex((await hash(utf8(name + "\n"), key)).slice(0, 4)) === id, "The key is mistyped.");
  const end = note.lastIndexOf("\n\n");
  const text = note.slice(0, end + 1);
  const line = note.slice(end + 2).split("\n").filter((one) => one.startsWith(`\u2014 ${name} `))
    .map((one) => unbase64(one.split(" ")[2])).find((one) => hex(one.slice(0, 4)) === id);
  need(end > 0 && line, "The checkpoint is not signed by this key.");
  const signer = await crypto.subtle.importKey("raw", key.slice(1), { name: "Ed25519" }, false, ["verify"]);
  const holds = await crypto.subtle.verify("Ed25519", signer, line.slice(4), utf8(text));
  need(holds, "The signature under the checkpoint is not one of this text by this key.");
  const [origin, size, root] = text.split("\n");
  need(origin === name, "The checkpoint is of another ledger than the key.");
  return { origin, size: Number(size), root: unbase64(root) };
}

async function climbed(position, size, leaf, hashes) {
  let [place, last, found, left] = [position, size - 1, leaf, hashes.map(unhex)];
  while (last > 0) {
    if (place % 2 || place < last) {
      const beside = left.shift() ?? new Uint8Array();
      found = place % 2 ? await hash(new Uint8Array([1]), beside, found) : await hash(new Uint8Array([1]), found, beside);
    }
    [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
  }
  const there = Number.isSafeInteger(position) && position >= 0 && position < size;
  return there && !left.length ? found : new Uint8Array();
}

async function rowAttested(row, records) {
  const { recorded, before, after } = row.attested;
  const record = records.get(recorded);
  need(record && record.type.startsWith("view-attested."), "The record that is said to attest it is not here, or does not.");
  const line = JSON.parse(row.line);
  const whole = await hash(utf8(`{"version":${row.version},"view":${JSON.stringify(row.view)}}\n`),
    unhex(before), await hash(utf8(row.line)), unhex(after));
  const { view, version, digest } = record.data;
  need(view === row.view && version === row.version && line.key === row.key && digest === hex(whole),
    `It is not the one that record ${recorded} attests.`);
  return record.data.position;
}

// --- what the page has to say ---

const seen = (text) => text.replace(UNSEEN, (one) => "\\u" + one.charCodeAt(0).toString(16).padStart(4, "0"));

function* pairs(value, path = []) {
  if (Array.isArray(value)) {
    for (const [nth, one] of value.entries()) yield* pairs(one, [...path, String(nth + 1)]);
  } else if (value !== null && typeof value === "object") {
    for (const name of Object.keys(value).sort()) yield* pairs(value[name], [...path, name]);
  } else {
    yield [seen(path.join(" / ")), seen(typeof value === "string" ? value : JSON.stringify(value))];
  }
}

function* expected(evidence, records) {
  const of = records.get(evidence.position);
  const heading = { "as of position": String(evidence.position), recorded: of.at };
  yield ["The heading", seen(of.ledger), Object.entries(heading)];
  for (const row of evidence.rows) {
    const place = seen(`${row.view} ${row.key}`);
    const of = row.attested ? [["attested as of position", String(records.get(row.attested.recorded).data.position)]] : [];
    yield [`Row ${place}`, place, [...of, ...pairs(JSON.parse(row.line))]];
  }
  for (const { position } of evidence.records) {
    const one = records.get(position);
    const title = `Record ${position}: ${one.at.slice(0, 10)} ${one.type} ${one.because ?? ""}`;
    yield [`Record ${position}`, seen(title.replace(/ +$/, "")), [...pairs(one)]];
  }
}

const PLAIN = ["section", "h2", "h3", "dl", "div", "dt", "dd", "details", "summary"];
const dressed = (element) => element.getAttributeNames().some((name) =>
  !["data-said", "open"].includes(name) && !(name === "id" && element.id === "whole"));

function* differences(evidence, records, page) {
  const shown = Array.from(page.querySelectorAll("[data-said]"), (one) => one.textContent);
  let nth = 0, whole = "";
  for (const [place, title, under] of expected(evidence, records)) {
    for (const text of [title, ...under.flat()]) {
      if (shown[nth] !== text) {
        yield `${place}: the page says \u201c${shown[nth] ?? "nothing"}\u201d where the evidence says \u201c${text}\u201d.`;
        return;
      }
      nth += 1;
      whole += text;
    }
  }
  const squeezed = (text) => text.replace(/\s+/g, "");
  if (shown.length !== nth || squeezed(page.textContent) !== squeezed(whole)) {
    yield "The page says something that the evidence does not.";
  }
  // `open` is the reader's; whatever else an element bears may hide it, or show something in its place.
  if (page.querySelector(`:not(${PLAIN.join()})`) || Array.from(page.querySelectorAll("*")).some(dressed)) {
    yield "The page does not show all of it as it is.";
  }
}

// --- the verdict ---

async function audit(evidence, vkey, page) {
  const found = { broken: [], left: [] };
  const note = async (place, work) => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Broken || error instanceof SyntaxError)) throw error;
      found.broken.push(`${place}: ${error.message}`);
      return undefined;
    }
  };
  const said = await note("Checkpoint", () => head(evidence.checkpoint, vkey));
  const records = new Map();
  for (const one of evidence.records) {
    await note(`Record ${one.position}`, async () => {
      const leaf = await hash(new Uint8Array([0]), utf8(one.record));
      if (said) {
        const root = await climbed(one.position, said.size, leaf, one.hashes);
        need(same(root, said.root), "It is not what was signed at this place.");
      }
      records.set(one.position, JSON.parse(one.record));
    });
  }
  for (const row of evidence.rows) {
    const place = `Row ${row.view} ${row.key}`;
    if (row.attested) {
      const of = await note(place, () => rowAttested(row, records));
      if (of !== undefined && of !== evidence.position) found.left.push(`${place}: the register said so as of position `
        + `${of}; that it was so as of position ${evidence.position}, whoever made this report says.`);
    } else found.left.push(`${place}: no record of the register says what it was; whoever made this report says it.`);
  }
  if (!found.broken.length) found.broken.push(...differences(evidence, records, page));
  return { ...found, said };
}

function show(verdict, lines) {
  document.documentElement.dataset.verdict = verdict;
  document.getElementById("verdict").replaceChildren(...lines.map((line) => {
    const element = document.createElement("p");
    element.textContent = line;
    return element;
  }));
}

async function check() {
  try {
    const evidence = JSON.parse(document.getElementById("evidence").textContent);
    const mine = document.getElementById("key").value.trim();
    if (mine && mine !== evidence.key) {
      show("broken", [`\u2717 This report is signed by another key than yours: ${evidence.key}`]);
      return;
    }
    const { broken, left, said } = await audit(evidence, evidence.key, document.getElementById("report"));
    const whose = mine ? `Signed by your key.` : `Signed by the key ${evidence.key}: compare it with the one that you have.`;
    if (broken.length) show("broken", ["\u2717 This page does not hold.", ...broken]);
    else if (left.length) show("incomplete", [`\u2713 ${evidence.records.length} records hold. ${whose}`, ...left]);
    else show("holds", [`\u2713 This page holds: ${evidence.rows.length} rows and ${evidence.records.length} of the ledger's `
      + `${said.size} records. ${whose}`]);
  } catch (error) {
    const old = !globalThis.crypto?.subtle || error.name === "NotSupportedError";
    show(old ? "incomplete" : "broken", [old
      ? "Not checked: this browser knows no Ed25519 signatures. Open the page in a newer one."
      : `\u2717 This page does not hold: its evidence cannot be read (${error.message}).`]);
  }
}

document.getElementById("mine").addEventListener("submit", (event) => {
  event.preventDefault();
  check();
});
check();
