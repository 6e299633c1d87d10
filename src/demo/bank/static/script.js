// Sends a transfer as JSON and shows the answer in the page.
//
// The part about "held" is what an application that knows problem documents (RFC 9457) may do: where something between
// the browser and the bank asks for an approval first, it shows what is to be approved and, once that is done, sends the
// request again. An application that does not know them shows the refusal as it shows any other.
"use strict";

const form = document.querySelector("#quick");
const answer = document.querySelector("#answer");
const held = document.querySelector("#held");
const finish = document.querySelector("#held-finish");
let waiting = null;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { iban, amount, reference } = Object.fromEntries(new FormData(form));
  send({ "Content-Type": "application/json" }, JSON.stringify({ iban, amount, reference }));
});

finish.addEventListener("click", () => {
  // The body is empty: the request that was held is carried out, not this one.
  if (waiting) send({ "Countersign-Release": `${waiting.id}.${waiting.secret}` }, "");
});

async function send(headers, body) {
  busy(true);
  try {
    const response = await fetch("/api/transfer", { method: "POST", headers: { Accept: "application/json", ...headers }, body });
    show(response, await read(response));
  } catch {
    say("alert", "The bank could not be reached. Please check in the overview whether the transfer was carried out before you try again.");
  } finally {
    busy(false);
  }
}

async function read(response) {
  const type = response.headers.get("Content-Type") ?? "";
  return /^application\/([\w.-]+\+)?json\b/.test(type) ? response.json() : {};
}

function show(response, data) {
  if (response.status === 403 && data.held?.url) {
    const again = waiting?.id === data.held.id;
    waiting = { ...(again ? waiting : {}), ...data.held };
    document.querySelector("#held-summary").textContent = data.held.summary ?? data.title ?? "";
    const open = document.querySelector("#held-open");
    open.href = data.held.url;
    held.hidden = false;
    if (again) {
      say("alert", "The transfer has not been approved yet.");
    } else {
      answer.replaceChildren();
      open.focus();
    }
  } else if (response.ok && data.transfer) {
    settle();
    const { number, amount, iban } = data.transfer;
    say("success", `Transfer ${number} was carried out: ${amount} EUR to ${iban}. New balance: ${data.balance} EUR.`);
    form.reset();
  } else if (waiting && response.status === 403) {
    // Most likely not approved yet; the held request stays and Finish can be pressed again.
    say("alert", data.detail ?? data.title ?? "The transfer has not been approved yet.");
  } else {
    settle();
    say("alert", data.message ?? data.detail ?? data.title ?? `The bank answered with status ${response.status}.`);
  }
}

function settle() {
  waiting = null;
  held.hidden = true;
}

function say(kind, text) {
  const line = document.createElement("p");
  line.className = kind;
  line.textContent = text;
  answer.replaceChildren(line);
}

function busy(now) {
  for (const button of [form.querySelector("button"), finish]) button.disabled = now;
}
