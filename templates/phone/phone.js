// The phone: a key that cannot leave it, what waits, and the signature over what was shown. The server judges everything again.
(() => {
  'use strict';

  const $ = (id) => document.getElementById(id);
  const words = {};
  for (const name of $('words').querySelectorAll('dt')) words[name.textContent] = name.nextElementSibling.textContent;
  const views = ['welcome', 'pair', 'check', 'idle', 'ask', 'said'];
  const utf8 = new TextEncoder();
  const six = /^[0-9]{6}$/;

  // --- bytes

  const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const unbase64url = (text) => Uint8Array.from(
    atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0));
  const joined = (...parts) => {
    const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  };
  const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const sign = async (key, bytes) => base64url(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, bytes));

  // --- what is kept: paired phones with their keys, and the words of notifications for the worker

  let database;
  const opened = () => new Promise((resolve, reject) => {
    const asked = indexedDB.open('countersign-phone', 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore('devices', { keyPath: 'id' });
      asked.result.createObjectStore('words');
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
    asked.onblocked = () => reject(new Error('blocked'));
  });
  const kept = (mode, store, work) => new Promise((resolve, reject) => {
    const transaction = database.transaction(store, mode);
    const asked = work(transaction.objectStore(store));
    transaction.oncomplete = () => resolve(asked.result);
    transaction.onabort = () => reject(transaction.error);
  });
  const devices = () => kept('readonly', 'devices', (store) => store.getAll());
  const keep = (device) => kept('readwrite', 'devices', (store) => store.put(device));
  const forget = (id) => kept('readwrite', 'devices', (store) => store.delete(id));

  // --- calls

  class Failed extends Error {
    constructor(status) {
      super(`status ${status}`);
      this.status = status;
    }
  }
  // How far the server's clock is from this one, once that is known.
  let offset = 0;
  const json = { 'Content-Type': 'application/json' };
  const plain = async (path, body) => {
    const answer = await fetch(path, { method: 'POST', headers: json, body: JSON.stringify(body), cache: 'no-store', redirect: 'error' });
    if (!answer.ok) throw new Failed(answer.status);
    return answer.json();
  };
  const call = async (device, method, path, body, again = true) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const at = Date.now() + offset;
    const statement = `countersign-device-v1\n${location.origin}\n${method}\n${path}\n${at}\n${hex(await sha256(utf8.encode(text)))}`;
    const signature = await sign(device.key, utf8.encode(statement));
    const answer = await fetch(path, {
      method,
      headers: { ...(method === 'POST' ? json : {}), Authorization: `Countersign-Phone ${device.id}.${at}.${signature}` },
      body: method === 'POST' ? text : undefined,
      cache: 'no-store',
      redirect: 'error',
    });
    if (answer.status === 401 && again) {
      // The clock: the server's own is in its answer.
      const server = Date.parse(answer.headers.get('Date') ?? '');
      if (!Number.isNaN(server)) {
        offset = server - Date.now();
        return call(device, method, path, body, false);
      }
    }
    if (!answer.ok) throw new Failed(answer.status);
    return answer.json();
  };

  // --- what is shown

  let shown = null;
  const show = (view, heading) => {
    $('loading').hidden = true;
    for (const one of views) $(one).hidden = one !== view;
    // Nothing that removes anything beside what is to be decided.
    $('paired').hidden = view !== 'idle' || $('paired-list').children.length === 0;
    $('heading').textContent = heading;
    document.title = `${heading} - Countersign`;
    if (shown !== view) $('heading').focus({ preventScroll: true });
    if (shown !== view) scrollTo(0, 0);
    shown = view;
  };
  const trouble = (text) => {
    $('trouble').hidden = !text;
    $('trouble').textContent = text ?? '';
  };
  const excuse = (error) => {
    if (error instanceof Failed && error.status === 401) return trouble(words.clock);
    trouble(words.offline);
  };
  const faulty = (input, place, text) => {
    input.toggleAttribute('aria-invalid', Boolean(text));
    if (text) input.setAttribute('aria-invalid', 'true');
    place.hidden = !text;
    place.textContent = text ?? '';
    if (text) input.focus();
  };
  let saidAgain = () => look();
  const say = (tone, stamp, text, then) => {
    $('said-stamp').className = `stamp stamp-${tone}`;
    $('said-stamp').textContent = stamp;
    $('said-text').textContent = text;
    saidAgain = then ?? (() => look());
    show('said', stamp);
    $('said-button').focus({ preventScroll: true });
  };
  $('said-button').addEventListener('click', () => saidAgain());
  // One thing at a time: a second tap does nothing.
  let busy = false;
  const once = (work) => async (event) => {
    event?.preventDefault();
    if (busy) return;
    busy = true;
    document.body.classList.add('sending');
    try {
      trouble(null);
      await work();
    } catch (error) {
      excuse(error);
    } finally {
      busy = false;
      document.body.classList.remove('sending');
    }
  };

  // --- pairing

  let pairing = null;
  const codeOf = (text) => {
    const code = text.slice(text.lastIndexOf('#') + 1).toUpperCase().replace(/[^A-Z2-7]/g, '');
    return code.length === 26 ? code : null;
  };
  const namedSo = () => {
    const agent = navigator.userAgentData;
    if (agent?.platform) return agent.mobile ? `${agent.platform} phone` : agent.platform;
    return /iPhone/.test(navigator.userAgent) ? 'iPhone' : /Android/.test(navigator.userAgent) ? 'Android phone' : 'Phone';
  };
  const startPairing = (code) => {
    pairing = { code };
    $('device').value = namedSo();
    show('pair', words['heading-pair']);
  };
  $('code-form').addEventListener('submit', once(async () => {
    const code = codeOf($('code').value);
    if (!code) {
      trouble(words['code-short']);
      return $('code').focus();
    }
    startPairing(code);
  }));
  $('pair-form').addEventListener('submit', once(async () => {
    const name = $('device').value.trim();
    if (!name || [...name].length > 64) {
      trouble(words['name-needed']);
      return $('device').focus();
    }
    // The private half can be used on this page, and read by nobody.
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
    const key = base64url(await crypto.subtle.exportKey('raw', pair.publicKey));
    const { code } = pairing;
    const signature = await sign(pair.privateKey, utf8.encode(`countersign-pair-v1\n${location.origin}\n${code}\n${name}`));
    const { step } = await plain('/phone/api/claim', { code, key, device: name, signature });
    if (step !== 'claimed') return say('stop', words['said-unpaired'], words['not-good'], leave);
    pairing = { code, name, key: pair.privateKey };
    $('check-number').value = '';
    show('check', words['heading-check']);
    $('check-number').focus();
  }));
  $('check-form').addEventListener('submit', once(async () => {
    const number = $('check-number').value.replace(/\D/g, '');
    if (!six.test(number)) {
      trouble(words.digits);
      return $('check-number').focus();
    }
    const { code, name, key } = pairing;
    const signature = await sign(key, utf8.encode(`countersign-pair-confirm-v1\n${location.origin}\n${code}\n${number}`));
    const told = await plain('/phone/api/confirm', { code, number, signature });
    if (told.step === 'wrong') return say('stop', words['said-unpaired'], words['text-wrong-check'], leave);
    if (told.step !== 'paired') return say('stop', words['said-unpaired'], words['not-good'], leave);
    await keep({ id: told.id, user: told.user, label: name, key });
    pairing = null;
    history.replaceState(null, '', '/phone/');
    say('good', words['said-paired'], words['text-paired'], start);
  }));
  const leave = () => {
    pairing = null;
    history.replaceState(null, '', '/phone/');
    start();
  };

  // --- what waits

  let asking = null;
  let handled = new Set();
  const bdi = (text) => {
    const element = document.createElement('bdi');
    element.textContent = text;
    return element;
  };
  const ask = (device, question, more) => {
    const values = JSON.parse(question.shown);
    asking = { device, question };
    $('ask-app').textContent = values.app;
    $('ask-origin').textContent = values.origin;
    $('ask-user').textContent = values.user;
    const purposes = { sign_in: words['sign-in'], change: words.change, test: words.test };
    const sentences = values.purpose === 'held' ? values.summary : [purposes[values.purpose] ?? values.purpose];
    $('ask-action').replaceChildren(sentences.length === 1 ? bdi(sentences[0]) : document.createTextNode(words.many));
    $('ask-actions').hidden = sentences.length < 2;
    $('ask-actions').replaceChildren(...(sentences.length < 2 ? [] : sentences).map((sentence) => {
      const item = document.createElement('li');
      item.append(bdi(sentence));
      return item;
    }));
    $('ask-fields').hidden = values.fields.length === 0;
    $('ask-fields').tBodies[0].replaceChildren(...values.fields.map(([label, value]) => {
      const row = document.createElement('tr');
      const head = document.createElement('th');
      head.scope = 'row';
      head.append(bdi(label));
      const cell = document.createElement('td');
      cell.append(bdi(value));
      row.append(head, cell);
      return row;
    }));
    $('number').value = '';
    faulty($('number'), $('number-fault'), null);
    $('why').hidden = true;
    $('reject-button').setAttribute('aria-expanded', 'false');
    show('ask', more ? words['heading-many'] : words['heading-ask']);
  };
  const statement = async (question, number, decision) => joined(
    utf8.encode('countersign-phone-v1'),
    utf8.encode(question.challenge),
    unbase64url(question.nonce),
    unbase64url(question.digest),
    await sha256(utf8.encode(question.shown)),
    utf8.encode(number),
    utf8.encode(decision),
  );
  const over = (id) => {
    handled.add(id);
    asking = null;
  };
  $('answer-form').addEventListener('submit', once(async () => {
    const { device, question } = asking;
    const number = $('number').value.replace(/\D/g, '');
    if (!six.test(number)) return faulty($('number'), $('number-fault'), words.digits);
    const signature = await sign(device.key, await statement(question, number, 'A'));
    const told = await call(device, 'POST', '/phone/api/answer', {
      decision: 'approve', challenge: question.challenge, number, signature,
    });
    if (['wrong', 'throttled', 'locked'].includes(told.state)) {
      $('number').value = '';
      return faulty($('number'), $('number-fault'), words[told.state]);
    }
    over(question.challenge);
    if (told.state === 'gone') return say('care', words['said-gone'], words['text-gone']);
    say('good', words['said-approved'], words[`text-${told.state}`] ?? words['text-approved']);
  }));
  $('reject-button').addEventListener('click', () => {
    $('why').hidden = false;
    $('reject-button').setAttribute('aria-expanded', 'true');
    $('not-me').focus();
  });
  const reject = (notMe) => once(async () => {
    const { device, question } = asking;
    const signature = await sign(device.key, await statement(question, '------', 'R'));
    const told = await call(device, 'POST', '/phone/api/answer', {
      decision: 'reject', challenge: question.challenge, not_me: notMe, signature,
    });
    over(question.challenge);
    if (told.state === 'rejected') return say('stop', words['said-rejected'], words[notMe ? 'text-rejected' : 'text-cancelled']);
    if (told.state === 'cancelled') return say('stop', words['said-rejected'], words['text-cancelled']);
    say('care', words['said-gone'], words['text-gone']);
  });
  $('not-me').addEventListener('click', reject(true));
  $('not-wanted').addEventListener('click', reject(false));

  // What waits for each paired phone, as it was last told.
  const waiting = new Map();
  const look = () => {
    const all = [...waiting.values()].flatMap(({ device, questions }) => questions.map((question) => ({ device, question })))
      .filter(({ question }) => !handled.has(question.challenge));
    if (shown === 'said' && all.length === 0) {
      asking = null;
      return show('idle', words.heading);
    }
    if (pairing) return;
    if (asking) {
      if (all.some(({ question }) => question.challenge === asking.question.challenge)) return;
      // Asked anew for the same thing: the new question takes the place of the old one without a word.
      const next = all.find(({ question }) => question.digest === asking.question.digest);
      if (next) return ask(next.device, next.question, all.length > 1);
      if (busy) return;
      asking = null;
      return say('care', words['said-gone'], words['text-gone']);
    }
    if (all.length === 0) return show('idle', words.heading);
    ask(all[0].device, all[0].question, all.length > 1);
  };

  const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));
  let round = 0;
  const follow = async (device, mine) => {
    let [tag, wait] = ['', 1000];
    while (mine === round) {
      if (document.hidden) {
        await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
        continue;
      }
      const asked = Date.now();
      try {
        const told = await call(device, 'GET', `/phone/api/questions?seen=${tag}`);
        if (mine !== round) return;
        tag = told.tag;
        wait = 1000;
        if (shown !== 'said' || told.questions.length) trouble(null);
        waiting.set(device.id, { device, questions: told.questions });
        ring(device, told);
        if (!busy && shown !== 'said') look();
        // A crowded server answers at once: do not make it more so.
        if (Date.now() - asked < 300) await pause(500);
      } catch (error) {
        if (mine !== round) return;
        if (error instanceof Failed && error.status === 403) {
          await forget(device.id);
          waiting.delete(device.id);
          say('stop', words['said-unpaired'], words['text-removed'], start);
          return;
        }
        excuse(error);
        await pause(wait);
        wait = Math.min(wait * 2, 30000);
      }
    }
  };

  // --- notifications

  const can = 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;
  const state = { key: null };
  const subscribe = async (told) => {
    const ready = await navigator.serviceWorker.ready;
    const wanted = unbase64url(told.push_key);
    let subscription = await ready.pushManager.getSubscription();
    const other = subscription?.options.applicationServerKey;
    if (other && hex(new Uint8Array(other)) !== hex(wanted)) {
      await subscription.unsubscribe();
      subscription = null;
    }
    return subscription ?? ready.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: wanted });
  };
  const tell = async (device, subscription) => {
    const { endpoint, keys } = subscription.toJSON();
    const { known } = await call(device, 'POST', '/phone/api/bell', {
      subscription: { endpoint, p256dh: keys.p256dh, auth: keys.auth },
    });
    return known;
  };
  const ring = (device, told) => {
    const offer = can && told.push_key;
    state.key = told.push_key;
    $('ring').hidden = !offer || Notification.permission !== 'default';
    $('ring-refused').hidden = !offer || Notification.permission !== 'denied';
    if (!offer || Notification.permission !== 'granted') return;
    subscribe(told).then(async (subscription) => {
      const known = subscription.endpoint === told.endpoint || await tell(device, subscription);
      $('rings').hidden = !known;
    }).catch(() => {
      $('rings').hidden = true;
    });
  };
  $('ring-button').addEventListener('click', once(async () => {
    const permission = await Notification.requestPermission();
    $('ring').hidden = permission !== 'default';
    $('ring-refused').hidden = permission !== 'denied';
    if (permission !== 'granted' || !state.key) return;
    for (const { device } of waiting.values()) {
      const subscription = await subscribe({ push_key: state.key });
      $('rings').hidden = !(await tell(device, subscription));
    }
  }));

  // --- the start

  const list = (all) => {
    $('paired').hidden = shown !== 'idle' || all.length === 0;
    $('paired-list').replaceChildren(...all.map((device) => {
      const item = $('paired-item').content.cloneNode(true);
      item.querySelector('.paired-user').textContent = device.user;
      item.querySelector('.paired-label').textContent = device.label;
      const button = item.querySelector('button');
      button.setAttribute('aria-label', `${button.textContent}: ${device.user}, ${device.label}`);
      button.addEventListener('click', once(async () => {
        if (!confirm(words['unpair-sure'])) return;
        try {
          await call(device, 'POST', '/phone/api/unpair', {});
        } catch (error) {
          // One that is not paired any more is only forgotten.
          if (!(error instanceof Failed) || error.status !== 403) throw error;
        }
        await forget(device.id);
        waiting.delete(device.id);
        say('care', words['said-unpaired'], words['text-removed'], start);
      }));
      return item;
    }));
  };
  const start = async () => {
    round += 1;
    asking = null;
    trouble(null);
    const all = await devices();
    waiting.clear();
    const code = location.pathname === '/phone/pair' ? codeOf(location.hash) : null;
    list(code ? [] : all);
    if (code) return startPairing(code);
    if (all.length === 0) return show('welcome', words['heading-pair']);
    $('loading').hidden = shown !== null;
    if (shown === 'said' || shown === 'welcome') show('idle', words.heading);
    for (const device of all) follow(device, round);
  };
  addEventListener('hashchange', () => start());

  const begin = async () => {
    if (!globalThis.crypto?.subtle || !globalThis.indexedDB) throw new Error('no keys here');
    database = await opened();
    const { ringTitle, ringText } = document.body.dataset;
    await kept('readwrite', 'words', (store) => store.put({ title: ringTitle, text: ringText }, 'ring'));
    if ('serviceWorker' in navigator) {
      // Without it the page works as long as it is open.
      navigator.serviceWorker.register('/phone/worker.js', { scope: '/phone/' }).catch(() => {});
    }
    navigator.storage?.persist?.().catch(() => {});
    await start();
  };
  begin().catch(() => {
    $('unsupported').hidden = false;
  });
})();
