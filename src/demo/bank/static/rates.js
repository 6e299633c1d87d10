// Shows exchange rates as they come in.
"use strict";

const state = document.querySelector("#state");
const rows = document.querySelector("#rates tbody");
const events = new EventSource("/events/stream");

events.addEventListener("open", () => { state.textContent = "Connected."; });
events.addEventListener("error", () => { state.textContent = "Interrupted, trying again …"; });
events.addEventListener("end", () => {
  events.close();
  state.textContent = "That was all for now.";
});
events.addEventListener("rate", (event) => {
  const { number, currency, rate } = JSON.parse(event.data);
  const row = rows.insertRow(0);
  for (const [text, name] of [[number, "day"], [currency, "wide"], [rate, "amount"]]) {
    const cell = row.insertCell();
    cell.textContent = text;
    cell.className = name;
  }
  while (rows.rows.length > 12) rows.deleteRow(-1);
});
