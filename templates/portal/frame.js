// The prompt in a frame of the application's page: speaks with that page, and lets nothing be pressed that is not seen.
(() => {
  'use strict';

  const { parent: origin, held: id, way } = document.body.dataset;
  if (!origin || window.parent === window) return;
  const main = document.querySelector('main');

  // Said to that one origin only, and heard from nobody else.
  const tell = (name, more = {}) => window.parent.postMessage({ countersign: name, id, ...more }, origin);

  let told = 0;
  const ready = () => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height === told) return;
    told = height;
    tell('ready', { height });
  };
  new ResizeObserver(ready).observe(document.body);
  ready();
  if (main.dataset.done) tell('done', { state: main.dataset.done });

  const first = () => {
    const place = document.querySelector('#code, input[type=radio]:checked, input[type=radio], [data-go]:not([hidden])')
      ?? document.querySelector('h1');
    if (place.matches('h1')) place.tabIndex = -1;
    place.focus({ preventScroll: true });
  };
  addEventListener('message', (event) => {
    if (event.origin !== origin || event.source !== window.parent) return;
    if (event.data?.countersign === 'focus' && event.data.id === id) first();
  });
  // The page before this one had it.
  if (document.hasFocus()) first();

  addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !event.defaultPrevented) tell('cancel');
  });

  // On in a window: the frame gives its prompt up first, so that the same address opens it there.
  for (const button of document.querySelectorAll('[data-window]')) {
    button.addEventListener('click', async () => {
      button.disabled = true;
      try {
        const again = document.querySelector('[data-again]');
        if (again) {
          const answer = await fetch(`${way}/window`, { method: 'POST', body: new URLSearchParams(new FormData(again)) });
          if (!answer.ok) throw new Error(answer.statusText);
        }
        document.body.classList.add('moved');
        const moved = document.querySelector('[data-moved]');
        if (moved) moved.hidden = false;
        tell('window');
      } catch {
        button.disabled = false;
      }
    });
  }

  // Buttons arrive disabled. One is armed when it has been seen in full for a while, without a break, and the action before or with it; it
  // is disarmed when something covers it. Browsers that tell what is really seen (IntersectionObserver v2) are believed; others tell what is in view.
  const ENOUGH = 600;
  const tells = 'isVisible' in IntersectionObserverEntry.prototype;
  const armed = new Set();
  let shown = false;

  const seen = (element, enough, change) => {
    let timer = 0;
    let now = false;
    const stop = () => {
      clearTimeout(timer);
      timer = 0;
      now = false;
      change(false);
    };
    const observer = new IntersectionObserver((entries) => {
      const last = entries[entries.length - 1];
      const whole = last.isIntersecting && last.intersectionRatio >= 0.95 && (!tells || last.isVisible);
      if (whole === now) return;
      if (!whole) return stop();
      now = true;
      timer = setTimeout(() => change(true), enough);
    }, { threshold: [0, 0.5, 0.95, 1], trackVisibility: true, delay: 100 });
    observer.observe(element);
    document.addEventListener('visibilitychange', () => {
      // What was seen before says nothing about now.
      observer.unobserve(element);
      stop();
      if (document.visibilityState === 'visible') observer.observe(element);
    });
  };

  const buttons = [...document.querySelectorAll('[data-arm]')];
  const visible = new Set();
  const settle = () => {
    for (const button of buttons) {
      const on = shown && visible.has(button);
      button.disabled = !on;
      if (on) armed.add(button);
      else armed.delete(button);
    }
    document.body.classList.toggle('armed', armed.size > 0);
  };
  const action = document.querySelector('.action');
  if (action) seen(action, 0, (yes) => {
    // Once is enough: who scrolls down to the button has read it.
    if (yes && !shown) {
      shown = true;
      settle();
    }
  });
  for (const button of buttons) {
    seen(button, ENOUGH, (yes) => {
      if (yes) visible.add(button);
      else visible.delete(button);
      settle();
    });
  }

  // Whatever else enabled a button, or sends a form without one: not while it cannot be seen.
  const block = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  document.addEventListener('click', (event) => {
    const button = event.target.closest?.('[data-arm]');
    if (button && !armed.has(button)) block(event);
  }, true);
  document.addEventListener('submit', (event) => {
    const form = event.target;
    const own = buttons.filter((button) => form.contains(button));
    // A passkey that has signed was unlocked for this; what only shows the page again has no such button.
    if (own.length && !form.elements.assertion?.value && !own.some((button) => armed.has(button))) block(event);
  }, true);
})();
