import { fields } from './entered.ts';
import type { Trouble } from './forms.ts';
import type { Visit } from './frame.ts';
import { attributes, type Html, html } from './html.ts';
import type { Entered } from './intake.ts';
import type { Texts } from './texts/en.ts';

// Passkeys are the one thing here that needs a script: it asks us what to ask the browser for, and puts its answer into a form.

/**
 * A form that is sent with a passkey's answer in it.
 *
 * @param question where the script asks what the browser is to be asked
 */
export function passkeyForm(
  { texts }: Visit,
  of: {
    readonly action: string;
    readonly question: string;
    readonly ceremony: 'get' | 'create';
    readonly label: string;
    readonly inside?: Html;
  },
): Html {
  const { passkeyNeeds, passkeyFailed } = texts.secondFactor;
  const marks = attributes({ 'data-passkey': of.ceremony, 'data-question': of.question });
  return html`<form method="post" action="${of.action}"${marks}>
${of.inside}<input type="hidden" name="answer" value="">
<p class="note" data-without>${passkeyNeeds}</p>
<p class="trouble" role="alert" data-failed hidden>${passkeyFailed}</p>
<button type="submit" class="plain" hidden>${of.label}</button>
</form>`;
}

/** A browser's answer, as it came: who it is from, and whether it is right, is for the door to say. */
export function passkeyAnswer(
  entered: Entered,
  { secondFactor }: Texts,
): { readonly answer: unknown } | { readonly troubles: readonly Trouble[] } {
  const text = fields.answer.schema.safeParse(entered.answer);
  try {
    if (text.success) return { answer: JSON.parse(text.data) as unknown };
  } catch {
    // What is no JSON is no answer.
  }
  return { troubles: [{ says: secondFactor.passkeyFailed }] };
}
