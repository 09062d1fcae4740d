import type { SignIns, SignInUnderWay } from '../sign-ins.ts';
import type { Answer, Visit } from './frame.ts';
import { html, paragraph, type Shown } from './html.ts';
import { pathOf } from './under-way.ts';

// Whoever registers, or sets another password, was mostly on the way to a system. Its sign-in waits in their browser: they go on to it from
// here. Nothing in an address says where: only what this very browser has begun is offered.

export interface WayOn {
  readonly to: string;
  readonly label: string;
}

/** To the systems whose sign-in waits for this browser, the newest first. Our own pages begin one whenever somebody comes there. */
export async function waysOn(
  { request, response, texts }: Visit,
  signIns: Pick<SignIns, 'underWay'>,
): Promise<readonly WayOn[]> {
  const waits = ({ client, prompt }: SignInUnderWay) => !client.isOwn && prompt === 'login';
  const all = (await signIns.underWay(request, response)).filter(waits);
  // Two tabs may wait for the same system.
  const newest = all.filter(({ client }, at) => all.findIndex((each) => each.client.id === client.id) === at);
  return newest.map((sign) => ({ to: pathOf(sign), label: texts.register.goOn(sign.client.name) }));
}

/** @param otherwise where they go if nothing waits; `elsewhere`: what is said then, because it may wait in another browser */
export function goingOn(
  title: string,
  why: Shown,
  ways: readonly WayOn[],
  otherwise: WayOn & { readonly elsewhere?: string },
): Answer {
  const [first, ...others] = ways;
  const { elsewhere } = otherwise;
  const button = ({ to, label }: WayOn) => html`<p><a class="button" href="${to}">${label}</a></p>`;
  return {
    page: {
      title,
      main: html`<h1>${title}</h1>${paragraph(why)}
${first === undefined ? [elsewhere !== undefined && html`<p>${elsewhere}</p>`, button(otherwise)] : button(first)}
${others.map(({ to, label }) => html`<p><a href="${to}">${label}</a></p>`)}`,
    },
  };
}
