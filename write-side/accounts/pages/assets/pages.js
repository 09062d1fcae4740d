// The one script of the pages. Everything works without it, except passkeys.

/** Asks the platform what to ask the browser, and the browser for the passkey. */
async function passkeyAnswer(form) {
  const response = await fetch(form.dataset.question, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: '',
    redirect: 'error',
  });
  if (!response.ok) throw new Error(`the question was refused with ${response.status}`);
  const question = await response.json();
  const credential =
    form.dataset.passkey === 'create'
      ? await navigator.credentials.create({
          publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(question),
        })
      : await navigator.credentials.get({
          publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(question),
        });
  return JSON.stringify(credential.toJSON());
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

const knowsPasskeys =
  typeof PublicKeyCredential === 'function' &&
  typeof PublicKeyCredential.parseCreationOptionsFromJSON === 'function';
if (knowsPasskeys) for (const form of document.querySelectorAll('form[data-passkey]')) preparePasskey(form);
for (const button of document.querySelectorAll('button[data-reveal]')) prepareReveal(button);
for (const button of document.querySelectorAll('button[data-print]')) preparePrint(button);
