// The agent of the gateway in a page of the application.
//
// The gateway answers a call that needs an approval with status 403 and `Countersign-Approval: {id}.{secret}`. This script
// notices such an answer to `fetch` and XMLHttpRequest, shows the approval prompt (a frame of the approval portal, or a
// window where this page allows no frame), and then completes the application's own promise or event with the answer to
// the released call. The application notices a slower call. Given up or refused, it gets the 403.
//
// It holds no power: the approval is given at the portal, on an origin that no script here reaches, and the gateway
// judges each release by itself.

(() => {
  "use strict";

  const portal = document.currentScript?.dataset.countersign;
  const once = Symbol.for("countersign.agent");
  if (!portal || window[once]) return;
  Object.defineProperty(window, once, { value: true });

  const HELD = "Countersign-Approval";
  const RELEASE = "Countersign-Release";
  const PATH = "/.countersign/agent/v1/held/";
  // How long a frame may take to say that it is there, in milliseconds.
  const PATIENCE = 5000;

  // Title, cancel, open, and why it opens in a window; a test counts them for each language of the gateway.
  const WORDS = {
    en: ["Approval needed", "Cancel", "Open the approval", "This page cannot show the approval here. It opens in a window of its own."],
    de: ["Freigabe erforderlich", "Abbrechen", "Freigabe öffnen", "Diese Seite kann die Freigabe hier nicht zeigen. Sie öffnet sich in einem eigenen Fenster."],
    sk: ["Vyžaduje sa schválenie", "Zrušiť", "Otvoriť schválenie", "Táto stránka tu nemôže zobraziť schválenie. Otvorí sa vo vlastnom okne."],
    cs: ["Je třeba schválení", "Zrušit", "Otevřít schválení", "Tato stránka zde nemůže schválení zobrazit. Otevře se ve vlastním okně."],
    fr: ["Approbation requise", "Annuler", "Ouvrir l’approbation", "Cette page ne peut pas afficher l’approbation ici. Elle s’ouvre dans une fenêtre à part."],
  };

  // What the application may replace later.
  const { fetch: ask, XMLHttpRequest: Xhr, Headers, Request, AbortController, URL } = window;

  // --- The state of a held call --------------------------------------------------------------------------------------

  // What the gateway said about a held call; undefined where it was not the gateway that said it: addresses lead to the portal and to this
  // origin, nowhere else.
  function understood(text) {
    const { held } = JSON.parse(text);
    const ways = [held?.url, held?.frame ?? held?.url];
    const ours = ways.every((way) => typeof way === "string" && way.startsWith(`${portal}/`));
    return ours && /^held_\w+$/.test(held.id) && held.target?.[0] === "/" ? held : undefined;
  }

  // Waits until the call is decided: resolves with its state.
  async function decided(held, headers, signal) {
    for (let pause = 500; ; pause = Math.min(pause * 2, 10000)) {
      try {
        const answer = await ask(`${PATH}${held.id}/events`, { headers, signal, cache: "no-store" });
        if (answer.status === 404) return "unknown";
        if (answer.ok) {
          const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
          let text = "";
          for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
            text += piece.value;
            const events = text.split("\n\n");
            text = events.pop();
            for (const event of events) {
              const data = /^data: (.+)$/m.exec(event);
              const state = data && JSON.parse(data[1]).state;
              if (state && state !== "held") {
                reader.cancel().catch(() => {});
                return state;
              }
            }
          }
          pause = 500;
        }
      } catch (error) {
        if (signal.aborted) throw error;
      }
      await new Promise((go) => setTimeout(go, pause));
      signal.throwIfAborted();
    }
  }

  function giveUp(held, headers) {
    return ask(`${PATH}${held.id}/cancel`, { method: "POST", headers, keepalive: true }).catch(() => {});
  }

  // Where the prompt can be opened once more.
  async function again(held, headers) {
    const answer = await ask(`${PATH}${held.id}/prompt`, { method: "POST", headers });
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.json();
  }

  // --- The prompt ----------------------------------------------------------------------------------------------------

  const STYLE = `
    :host { all: initial; }
    dialog {
      box-sizing: border-box; width: min(30rem, 100vw - 1.5rem); max-width: none; max-height: calc(100dvh - 1.5rem);
      margin: auto; padding: 0; overflow: hidden auto; border: 0; border-radius: .6rem; color-scheme: light dark;
      background: light-dark(#fffdf7, #1b232c); color: light-dark(#1b232e, #f1ebdd);
      font: 1rem/1.5 system-ui, sans-serif; box-shadow: 0 1rem 3rem rgb(0 0 0 / .35);
    }
    dialog::backdrop { background: rgb(16 22 28 / .55); }
    header { display: flex; align-items: center; justify-content: space-between; gap: 1rem; padding: .55rem .6rem .55rem 1.15rem; }
    h2 { margin: 0; font: 600 1rem/1.3 system-ui, sans-serif; }
    button, a {
      box-sizing: border-box; min-height: 2.5rem; padding: .45rem 1rem; border: 1px solid transparent; border-radius: .4rem;
      font: inherit; color: inherit; background: none; cursor: pointer; text-decoration: none;
    }
    button { border-color: light-dark(#9c9483, #66727e); }
    a { display: inline-block; background: light-dark(#12604d, #6fcfae); color: light-dark(#fff, #0a1f18); font-weight: 600; }
    :focus-visible { outline: 3px solid light-dark(#1c5fc4, #8fc0ff); outline-offset: 2px; }
    iframe { display: block; width: 100%; height: 22rem; max-height: calc(100dvh - 6rem); border: 0; color-scheme: light dark; }
    .own { padding: 0 1.15rem 1.15rem; overflow-wrap: anywhere; }
    .own p { margin: 0 0 .9rem; }
    @media (prefers-reduced-motion: no-preference) {
      dialog[open] { animation: rise .16s ease-out; }
      @keyframes rise { from { opacity: 0; transform: translateY(.6rem); } }
    }`;

  // One prompt at a time; others wait for their turn.
  let turn = Promise.resolve();

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  // Shows the prompt until `over` aborts; resolves with what the frame told, or with "cancel".
  function show(held, headers, over) {
    const tongues = [document.documentElement.lang, ...navigator.languages].map((tag) => tag.slice(0, 2).toLowerCase());
    const lang = tongues.find((tongue) => tongue in WORDS) ?? "en";
    const [title, cancel, open, own] = WORDS[lang];
    const button = element("button", { type: "button" }, cancel);
    const dialog = element("dialog", { "aria-labelledby": "title" }, element("header", {}, element("h2", { id: "title" }, title), button));
    const host = element("countersign-prompt", { lang, translate: "no" });
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    root.append(dialog);

    return new Promise((resolve) => {
      let frame;
      let windowed = false;
      const ways = { signal: over };
      // A window of its own, by the user's click: a page may forbid frames, or passkeys in frames.
      function inWindow() {
        if (windowed) return;
        windowed = true;
        const link = element("a", { href: held.url, target: "_blank", rel: "opener", autofocus: "" }, open);
        const renew = () => again(held, headers).then((way) => { link.href = way.url; }, () => {});
        // An address serves once: the frame may have used it, and a window may be closed by accident.
        if (frame) renew();
        link.addEventListener("click", () => setTimeout(renew, 3000), ways);
        frame?.remove();
        frame = undefined;
        dialog.append(element("div", { class: "own" }, element("p", {}, held.summary ?? ""), element("p", {}, own), link));
        link.focus();
      }
      button.addEventListener("click", () => resolve("cancel"), ways);
      dialog.addEventListener("cancel", (event) => { event.preventDefault(); resolve("cancel"); }, ways);
      // A page that replaces all it has replaces the prompt as well. What was in the frame is gone then.
      const stays = new MutationObserver(() => {
        if (host.isConnected) return;
        put();
        if (frame) {
          frame.removeAttribute("src");
          again(held, headers).then((way) => { if (frame && way.frame) frame.src = way.frame; }, inWindow);
        }
      });
      function put() {
        document.documentElement.append(host);
        dialog.close();
        dialog.showModal();
      }
      over.addEventListener("abort", () => {
        stays.disconnect();
        dialog.close();
        host.remove();
      }, { once: true });

      if (held.frame) {
        frame = element("iframe", { src: held.frame, title, allow: `publickey-credentials-get ${portal}` });
        const late = setTimeout(inWindow, PATIENCE);
        over.addEventListener("abort", () => clearTimeout(late), { once: true });
        window.addEventListener("message", ({ source, origin, data }) => {
          if (origin !== portal || !frame || source !== frame.contentWindow || data?.id !== held.id) return;
          clearTimeout(late);
          switch (data.countersign) {
            case "ready":
              if (data.height > 0) frame.style.height = `${Math.ceil(data.height)}px`;
              break;
            case "done": resolve(data.state ?? "decided"); break;
            case "cancel": resolve("cancel"); break;
            case "window": inWindow(); break;
          }
        }, ways);
        document.addEventListener("securitypolicyviolation", (event) => {
          if (event.blockedURI.startsWith(portal)) inWindow();
        }, ways);
        frame.addEventListener("load", () => {
          frame?.focus();
          frame?.contentWindow.postMessage({ countersign: "focus", id: held.id }, portal);
        }, ways);
        dialog.append(frame);
      } else {
        inWindow();
      }
      put();
      stays.observe(document, { childList: true, subtree: true });
    });
  }

  // Asks for the approval of a held call. Resolves with whether it was approved; rejects when `signal` aborts.
  async function approved(held, headers, signal) {
    const before = turn;
    let next;
    const mine = new Promise((go) => { next = go; });
    turn = before.then(() => mine);
    const over = new AbortController();
    const abort = () => over.abort(signal.reason);
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    const aborted = new Promise((_, reject) => {
      over.signal.addEventListener("abort", () => reject(over.signal.reason), { once: true });
    });
    try {
      const state = decided(held, headers, over.signal);
      state.catch(() => {});
      const early = await Promise.race([before, state, aborted]);
      const told = early ?? await Promise.race([state, aborted, show(held, headers, over.signal)]);
      return told === "approved";
    } finally {
      if (signal?.aborted) giveUp(held, headers);
      signal?.removeEventListener("abort", abort);
      aborted.catch(() => {});
      over.abort();
      next();
    }
  }

  // The headers that name the held call, with the identity that the application's own call had.
  function naming(credential, authorization) {
    return authorization ? { [RELEASE]: credential, Authorization: authorization } : { [RELEASE]: credential };
  }

  // Whether an answer says that its call is held: of this origin, with a credential that is one.
  function isHeld(status, url, credential) {
    return status === 403 && url.startsWith(`${location.origin}/`) && /^held_\w+\.[\w-]+$/.test(credential() ?? "");
  }

  // --- fetch ---------------------------------------------------------------------------------------------------------

  async function goOn(answer, input, init) {
    const held = understood(await answer.clone().text());
    if (!held) return answer;
    const credential = answer.headers.get(HELD);
    const request = input instanceof Request ? input : undefined;
    const headers = new Headers(init?.headers ?? request?.headers);
    const signal = init?.signal === undefined ? request?.signal : init.signal;
    const names = naming(credential, headers.get("Authorization"));
    if (!await approved(held, names, signal)) {
      await giveUp(held, names);
      return answer;
    }
    for (const name of [...headers.keys()]) if (name.startsWith("content-")) headers.delete(name);
    headers.set(RELEASE, credential);
    const bare = held.method === "GET" || held.method === "HEAD";
    const like = request ? { credentials: request.credentials, cache: request.cache, redirect: request.redirect, referrer: request.referrer,
      referrerPolicy: request.referrerPolicy, integrity: request.integrity, mode: request.mode } : {};
    return ask(location.origin + held.target, { ...like, ...init, method: held.method, headers, signal, body: bare ? undefined : "" });
  }

  window.fetch = function fetch(input, init) {
    return ask.apply(this, arguments).then((answer) => {
      return isHeld(answer.status, answer.url, () => answer.headers.get(HELD)) ? goOn(answer, input, init).catch((error) => {
        // An answer that is not the gateway's is the application's business.
        if (error instanceof SyntaxError) return answer;
        throw error;
      }) : answer;
    });
  };

  // --- XMLHttpRequest ------------------------------------------------------------------------------------------------

  const { open, send, setRequestHeader, abort } = Xhr.prototype;
  const EVENTS = ["readystatechange", "loadstart", "progress", "load", "loadend", "error", "timeout", "abort"];
  // What each call was, and how far: "hidden" while a held answer arrives, "waiting" for the decision, "again" when sent again.
  const calls = new WeakMap();

  // Hears each event before the application does.
  function hear(event) {
    const xhr = event.currentTarget;
    const call = calls.get(xhr);
    if (!call || call.sync) return;
    if (call.stage === undefined && event.type === "readystatechange" && xhr.readyState === 2
      && isHeld(xhr.status, xhr.responseURL, () => xhr.getResponseHeader(HELD))) {
      call.stage = "hidden";
      call.credential = xhr.getResponseHeader(HELD);
      call.type = xhr.responseType;
      xhr.responseType = "text";
    }
    if (call.stage === "hidden" && (event.type === "error" || event.type === "timeout" || event.type === "abort")) {
      call.stage = undefined;
    }
    const starts = event.type === "loadstart" || (event.type === "readystatechange" && xhr.readyState < 2);
    if (call.stage === "hidden" || call.stage === "waiting" || (call.stage === "again" && starts)) {
      event.stopImmediatePropagation();
      if (call.stage === "hidden" && event.type === "loadend") resume(xhr, call);
    }
  }

  async function resume(xhr, call) {
    let held;
    try {
      held = understood(xhr.responseText);
    } catch {
      held = undefined;
    }
    const names = naming(call.credential, call.headers.get("authorization"));
    let good = false;
    // The origin before it: a path of two slashes alone is another host to a browser.
    open.call(xhr, held?.method ?? "GET", location.origin + (held?.target ?? "/"), true);
    xhr.responseType = call.type;
    call.stage = "waiting";
    call.stop = new AbortController();
    try {
      good = held !== undefined && await approved(held, names, call.stop.signal);
    } catch {
      good = false;
    }
    // Aborted, or opened anew, by the application.
    if (calls.get(xhr) !== call || call.stop.signal.aborted) return;
    call.stage = "again";
    if (good) {
      for (const [name, value] of call.headers) {
        if (!name.startsWith("content-")) setRequestHeader.call(xhr, name, value);
      }
      setRequestHeader.call(xhr, RELEASE, call.credential);
    } else {
      open.call(xhr, "POST", `${PATH}${call.credential.split(".")[0]}/cancel`, true);
      for (const name of Object.keys(names)) setRequestHeader.call(xhr, name, names[name]);
    }
    send.call(xhr);
  }

  Xhr.prototype.open = function (method, url, async = true) {
    calls.get(this)?.stop?.abort();
    calls.set(this, { sync: !async, headers: new Headers() });
    return open.apply(this, arguments);
  };
  Xhr.prototype.setRequestHeader = function (name, value) {
    const done = setRequestHeader.apply(this, arguments);
    calls.get(this)?.headers.append(name, value);
    return done;
  };
  Xhr.prototype.abort = function () {
    const call = calls.get(this);
    const waited = call?.stage === "hidden" || call?.stage === "waiting";
    calls.delete(this);
    call?.stop?.abort();
    const done = abort.call(this);
    if (waited) for (const type of ["abort", "loadend"]) this.dispatchEvent(new ProgressEvent(type));
    return done;
  };

  window.XMLHttpRequest = new Proxy(Xhr, {
    construct(target, given, made) {
      const xhr = Reflect.construct(target, given, made);
      for (const type of EVENTS) xhr.addEventListener(type, hear);
      return xhr;
    },
  });
  Xhr.prototype.constructor = window.XMLHttpRequest;
})();
