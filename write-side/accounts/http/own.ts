import type { Response } from 'express';
import { isProof } from '#domain/accounts/account/second-factor.ts';
import { PasskeyId } from '#domain/accounts/ids.ts';
import type { PersonId } from '#domain/kernel/ids.ts';
import type { Rejection } from '#domain/kernel/message.ts';
import type { Identity } from '#domain/kernel/ports/tokens.ts';
import { NotFound, RejectedError, StepUpRequired } from '#domain/kernel/rejections.ts';
import { type Asked, askedByToken } from '../../rest/asked-by-token.ts';
import type { FactorAdded, Visitor } from '../door/door.ts';
import { sendPieces } from '../pieces.ts';
import { type BodyName, type DoorOperation, operationOf } from './operations.ts';
import { type AccountRoutes, BODY_BYTES, type BodyOf, bodyAs, told, visitorOf } from './surroundings.ts';

// What people with a token do with their own account.

/** @throws RejectedError where nothing has been sent by then; StoreError in the middle */
async function sendExport({ door }: AccountRoutes, person: PersonId, response: Response): Promise<void> {
  const pieces = told(await door.exportOf(person));
  response.status(200).type('application/json');
  response.set('Content-Disposition', 'attachment; filename="annals.json"');
  await sendPieces(response, pieces);
}

type Own = (asked: Asked) => Promise<unknown>;

/** Of a factor that was added; what else the door knows of it is for our pages. */
const toldOf = (added: FactorAdded | Rejection): Pick<FactorAdded, 'codes'> | Rejection =>
  'rejected' in added ? added : { codes: added.codes };

function forThemselves(routes: AccountRoutes): Partial<Record<DoorOperation, Own>> {
  const { door } = routes;
  const bare =
    (act: (person: PersonId, asked: Asked) => Promise<unknown>): Own =>
    async (asked) =>
      act((await asked.who()).actor.id, asked);
  const withBody =
    <Name extends BodyName>(
      name: Name,
      act: (person: PersonId, body: BodyOf<Name>, visitor: Visitor) => Promise<unknown>,
    ): Own =>
    async ({ request, withBody: read }) => {
      const { by, json } = await read(BODY_BYTES);
      return act(by.actor.id, bodyAs(name, json), visitorOf(routes, request));
    };
  return {
    standing: bare((person) => door.standing(person)),
    exportOf: bare((person, { response }) => sendExport(routes, person, response)),
    sendVerification: bare((person, { request }) =>
      door.sendVerification(person, visitorOf(routes, request)),
    ),
    changePassword: withBody('PasswordChange', (person, body, visitor) =>
      door.changePassword(person, body, visitor),
    ),
    askEmailChange: withBody('EmailChange', (person, body, visitor) =>
      door.askEmailChange(person, body, visitor),
    ),
    enrolTotp: bare((person) => door.enrolTotp(person)),
    confirmTotp: withBody('CodeGiven', async (person, { code }, visitor) =>
      toldOf(await door.confirmTotp(person, code, visitor)),
    ),
    removeTotp: bare((person) => door.removeTotp(person)),
    passkeyOffer: bare((person) => door.passkeyOffer(person)),
    addPasskey: withBody('PasskeyMade', async (person, { credential }) =>
      toldOf(await door.addPasskey(person, credential)),
    ),
    removePasskey: bare(async (person, { request: { params } }) => {
      const passkey = PasskeyId.safeParse(params.passkey);
      if (!passkey.success) throw new RejectedError(NotFound({ what: 'passkey' }));
      return door.removePasskey(person, passkey.data);
    }),
    makeRecoveryCodes: bare((person) => door.makeRecoveryCodes(person)),
  };
}

/** What has to be proven just before. By the factors of now, whatever this process was told yet of tokens that end with another one. */
function proofFor(
  name: DoorOperation,
  { known }: Pick<AccountRoutes, 'known'>,
): (identity: Identity) => Promise<void> {
  async function hasProven({ actor, steppedUp, token: { steppedUpBy } }: Identity): Promise<boolean> {
    // Whoever signs tokens elsewhere says no more of it, and knows factors of their own.
    if (!steppedUp || steppedUpBy === undefined) return steppedUp;
    const account = await known.account(actor.id);
    return account === undefined || isProof(steppedUpBy, account);
  }
  return async (identity) => {
    if (operationOf[name].needs === 'stepUp' && !(await hasProven(identity)))
      throw new RejectedError(StepUpRequired({}));
  };
}

/** Whoever has a token, and has proven just before who they are where that is asked for; no more at once than they may. */
export const ownRoutes = (routes: AccountRoutes) =>
  Object.entries(forThemselves(routes)).map(
    ([name, handle]) =>
      [name, askedByToken(routes, handle, proofFor(name as DoorOperation, routes))] as const,
  );
