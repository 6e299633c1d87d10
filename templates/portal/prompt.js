// Countdown, local times, going on when the state changes, and no second click. Every page works without this.
(() => {
  'use strict';

  const main = document.querySelector('main');
  const home = main.dataset.home;
  let leaving = false;
  // In a frame the page is asked for by a form, with the token that says whose it is.
  const form = document.querySelector('form[data-again]');
  const again = () => {
    if (!home || leaving) return;
    if (form) {
      form.requestSubmit();
    } else {
      location.replace(home);
    }
    leaving = true;
  };

  // Times in the reader's own zone and the page's language; the text as sent stays as the title.
  const spoken = document.documentElement.lang;
  const language = spoken === 'en' ? 'en-GB' : spoken;
  const clock = { hour: 'numeric', minute: '2-digit', second: '2-digit', timeZoneName: 'short' };
  const day = { day: 'numeric', month: 'long', year: 'numeric' };
  for (const time of document.querySelectorAll('time')) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const today = at.toDateString() === new Date().toDateString();
    const short = 'short' in time.dataset && today;
    time.title = time.textContent;
    time.textContent = at.toLocaleString(language, short ? clock : { ...day, ...clock });
  }

  // A length counts down, whatever the clock of this machine says.
  const opened = Date.now();
  const two = (number) => String(number).padStart(2, '0');
  const words = (left) => {
    const seconds = Math.ceil(left / 1000);
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    if (hours >= 24) return null;
    return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
  };
  for (const place of document.querySelectorAll('[data-left]')) {
    const total = Number(place.dataset.left);
    if (!(total > 0)) continue;
    const tick = () => {
      const left = total - (Date.now() - opened);
      const text = words(Math.max(0, left));
      if (text) place.textContent = text;
      place.classList.toggle('left-soon', left < 60000);
      // A second of grace, so that the server's clock is past it too.
      if (left < -1000) again();
      else setTimeout(tick, 1000 - (Date.now() - opened) % 1000);
    };
    tick();
  }

  // The same request may be decided elsewhere: in another tab, by time, by another person.
  const watch = async (path) => {
    const seen = new URL(path, location.href).searchParams.get('seen');
    const wait = (time) => new Promise((resolve) => setTimeout(resolve, time));
    // Told by an event as soon as it changes; where too many wait, by a document. No EventSource: in a frame it is a form that says whose it is.
    const headers = { Accept: 'text/event-stream, application/json' };
    const heard = async (answer) => {
      const text = await answer.text();
      const streamed = answer.headers.get('Content-Type').startsWith('text/event-stream');
      return JSON.parse(streamed ? /^data: (.+)$/m.exec(text)[1] : text);
    };
    let pause = 2000;
    while (!leaving) {
      const asked = Date.now();
      try {
        const whose = form ? { method: 'POST', body: new URLSearchParams(new FormData(form)) } : {};
        const answer = await fetch(path, { cache: 'no-store', redirect: 'error', headers, ...whose });
        if (answer.status === 403 || answer.status === 404) return;
        if (!answer.ok) throw new Error(answer.statusText);
        const { state } = await heard(answer);
        pause = 2000;
        if (state !== seen) return again();
        // A crowded server answers at once: do not make it more so.
        if (Date.now() - asked < 5000) await wait(5000);
      } catch {
        await wait(pause);
        pause = Math.min(pause * 2, 60000);
      }
    }
  };
  if (main.dataset.watch) watch(main.dataset.watch);

  // A page that waits for what is done elsewhere: shown anew once it says something else. Without script it is loaded again and again.
  const renew = async () => {
    const said = (page) => page.querySelector('main')?.textContent;
    const before = said(document);
    while (!leaving) {
      await new Promise((resolve) => setTimeout(resolve, 2000));
      try {
        const answer = await fetch(location.href, { cache: 'no-store' });
        if (leaving) return;
        if (answer.redirected) return location.replace(answer.url);
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
        if (answer.status < 500 && said(page) !== before) return location.reload();
      } catch {
        // The network is away: asked again.
      }
    }
  };
  if (document.querySelector('[data-renew]')) renew();

  for (const form of document.forms) {
    form.addEventListener('submit', (event) => {
      // Answered with nothing, the page stays, and the form is sent again.
      if ('stays' in form.dataset) return;
      if (leaving) event.preventDefault();
      leaving = true;
      document.body.classList.add('sending');
      // Whoever stops the loading may submit again.
      setTimeout(() => {
        leaving = false;
        document.body.classList.remove('sending');
      }, 10000);
    });
  }
  // Back from the browser's memory: what this page shows may be over.
  addEventListener('pageshow', (event) => {
    if (event.persisted) {
      leaving = false;
      again();
    }
  });
})();
