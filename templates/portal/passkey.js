// Asks the browser for a passkey and posts its answer with the page's form. All words come from the page.
(() => {
  'use strict';

  const form = document.querySelector('form[data-passkey]');
  if (!form) return;
  const words = form.dataset;
  const create = words.passkey === 'create';
  const button = form.querySelector('[data-go]');
  const says = form.querySelector('[data-says]');
  const renewal = document.querySelector('form[data-renew]');
  const opened = Date.now();
  // In a frame of an application's page, where another script arms the button.
  const framed = 'forbidden' in words;
  const enable = (yes) => {
    if (!framed) button.disabled = !yes;
  };

  const say = (text) => {
    says.hidden = false;
    // Said again, even when it is the same.
    says.textContent = '';
    says.textContent = text;
  };

  const known = window.PublicKeyCredential;
  const parse = known && (create ? known.parseCreationOptionsFromJSON : known.parseRequestOptionsFromJSON);
  if (!parse || !navigator.credentials) {
    say(words.unsupported);
    return;
  }

  // What browsers call it, and what that means here. They tell little, so that pages cannot spy.
  const meaning = {
    NotAllowedError: words.cancelled,
    AbortError: words.cancelled,
    InvalidStateError: words.known ?? words.failed,
    NotSupportedError: words.unsupported,
    ConstraintError: words.unsupported,
    SecurityError: words.unsupported,
  };

  // Not every browser says in whose page a frame is; the answer would be refused.
  const tellsTop = (credential) => {
    const said = JSON.parse(new TextDecoder().decode(credential.response.clientDataJSON));
    return typeof said.topOrigin === 'string';
  };

  let asking = false;
  const ask = async () => {
    if (asking) return;
    if (Date.now() - opened > Number(words.lasts)) {
      // The question has expired: another one, on a fresh page.
      if (renewal) renewal.requestSubmit();
      else location.assign(form.action);
      return;
    }
    if (framed && document.featurePolicy?.allowsFeature('publickey-credentials-get') === false) {
      say(words.forbidden);
      return;
    }
    asking = true;
    enable(false);
    says.hidden = true;
    try {
      const publicKey = parse.call(known, JSON.parse(words.options).publicKey);
      const credential = create
        ? await navigator.credentials.create({ publicKey })
        : await navigator.credentials.get({ publicKey });
      if (framed && !tellsTop(credential)) {
        say(words.untold);
        asking = false;
        return;
      }
      form.elements.assertion.value = JSON.stringify(credential.toJSON());
      form.requestSubmit();
    } catch (error) {
      say(meaning[error.name] ?? words.failed);
      enable(true);
      button.focus();
    }
    asking = false;
  };

  button.hidden = false;
  button.addEventListener('click', ask);
  // Nothing has been typed, so Enter in another field means the passkey too.
  form.addEventListener('submit', (event) => {
    if (form.elements.assertion.value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    ask();
  });
  if ('start' in words) ask();
})();
