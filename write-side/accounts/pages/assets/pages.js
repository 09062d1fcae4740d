// The one script of the pages. Everything works without it, except passkeys.

// By hand: browsers of two years ago have none of `parseCreationOptionsFromJSON` and the like, and what managers of passwords put in the
// place of a passkey has no `toJSON`, or one that throws.

const bytesOf = (base64url) =>
  Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0));
const base64urlOf = (bytes) =>
  btoa(Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

/** What the platform asks, as a browser wants it. */
function optionsOf({ challenge, user, ...question }) {
  const options = { ...question, challenge: bytesOf(challenge) };
  if (user !== undefined) options.user = { ...user, id: bytesOf(user.id) };
  for (const known of ['excludeCredentials', 'allowCredentials'])
    if (question[known] !== undefined)
      options[known] = question[known].map((each) => ({ ...each, id: bytesOf(each.id) }));
  return options;
}

/** How the authenticator is reached, which helps to find it again: no answer fails for want of it. */
function transportsOf(response) {
  try {
    return response.getTransports();
  } catch {
    return undefined;
  }
}

/** What a browser answers, as the platform reads it. */
function answerOf({ rawId, response }) {
  const said = { transports: transportsOf(response) };
  for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'])
    if (response[name]) said[name] = base64urlOf(response[name]);
  const id = base64urlOf(rawId);
  return { id, rawId: id, type: 'public-key', response: said };
}

/** Asks the platform what to ask the browser, and the browser for the passkey. */
async function passkeyAnswer(form) {
  const response = await fetch(form.dataset.question, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: '',
    redirect: 'error',
  });
  if (!response.ok) throw new Error(`the question was refused with ${response.status}`);
  const publicKey = optionsOf(await response.json());
  const credential =
    form.dataset.passkey === 'create'
      ? await navigator.credentials.create({ publicKey })
      : await navigator.credentials.get({ publicKey });
  return JSON.stringify(answerOf(credential));
}

function preparePasskey(form) {
  const button = form.querySelector('button');
  const failed = form.querySelector('[data-failed]');
  form.querySelector('[data-without]').hidden = true;
  button.hidden = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    failed.hidden = true;
    try {
      form.elements.answer.value = await passkeyAnswer(form);
      // Not `requestSubmit`: it would come here once more.
      form.submit();
    } catch {
      failed.hidden = false;
      button.disabled = false;
      button.focus();
    }
  });
}

function prepareReveal(button) {
  const show = button.textContent;
  const { reveal, hide } = button.dataset;
  const input = document.getElementById(reveal);
  button.hidden = false;
  const turn = (shown) => {
    input.type = shown ? 'text' : 'password';
    button.textContent = shown ? hide : show;
  };
  button.addEventListener('click', () => turn(input.type === 'password'));
  // As text, a browser might keep it among what was entered before.
  input.form.addEventListener('submit', () => turn(false));
}

function preparePrint(button) {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
}

const knowsPasskeys = typeof PublicKeyCredential === 'function' && navigator.credentials !== undefined;
if (knowsPasskeys) for (const form of document.querySelectorAll('form[data-passkey]')) preparePasskey(form);
for (const button of document.querySelectorAll('button[data-reveal]')) prepareReveal(button);
for (const button of document.querySelectorAll('button[data-print]')) preparePrint(button);
