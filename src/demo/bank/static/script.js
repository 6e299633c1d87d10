// Sends a transfer as JSON and shows the answer in the page.
"use strict";

const form = document.querySelector("#quick");
const answer = document.querySelector("#answer");
const button = form.querySelector("button");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { iban, amount, reference } = Object.fromEntries(new FormData(form));
  button.disabled = true;
  try {
    const response = await fetch("/api/transfer", {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: JSON.stringify({ iban, amount, reference }),
    });
    show(response, await read(response));
  } catch {
    say("alert", "The bank could not be reached. Please check in the overview whether the transfer was carried out before you try again.");
  } finally {
    button.disabled = false;
  }
});

async function read(response) {
  const type = response.headers.get("Content-Type") ?? "";
  return /^application\/([\w.-]+\+)?json\b/.test(type) ? response.json() : {};
}

function show(response, data) {
  if (response.ok && data.transfer) {
    const { number, amount, iban } = data.transfer;
    say("success", `Transfer ${number} was carried out: ${amount} EUR to ${iban}. New balance: ${data.balance} EUR.`);
    form.reset();
  } else {
    say("alert", data.message ?? data.detail ?? data.title ?? `The bank answered with status ${response.status}.`);
  }
}

function say(kind, text) {
  const line = document.createElement("p");
  line.className = kind;
  line.textContent = text;
  answer.replaceChildren(line);
}
