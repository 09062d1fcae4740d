import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { AccountUnknown, EmailUnchanged, FactorUnknown } from '#domain/accounts/account/messages.ts';
import type { Actor } from '#domain/kernel/actor.ts';
import { rejection } from '#domain/kernel/message.ts';
import { IdempotencyMismatch, TooManyAttempts } from '#domain/kernel/rejections.ts';
import type { Door, Method, SecondFactor, Standing } from '#write-side/accounts/door/door.ts';
import { methodOf } from '#write-side/accounts/door/second-factors.ts';
import type { OwnProfile, OwnSession } from '#write-side/accounts/pages/ports.ts';
import { challenges } from '#write-side/identity/factors/challenges.ts';
import { isPasskeyRefusal, type Passkey } from '#write-side/identity/factors/passkey.ts';
import { passkeyAuthentication } from '#write-side/identity/factors/passkey-authentication.ts';
import { passkeyRegistration } from '#write-side/identity/factors/passkey-registration.ts';
import { newRecoveryCodes, takenRecoveryCode } from '#write-side/identity/factors/recovery-codes.ts';
import { newTotpSecret, takenTotpStep, totpUri } from '#write-side/identity/factors/totp.ts';
import { readBlocklist } from '#write-side/identity/passwords/blocklist.ts';
import { passwordProblem } from '#write-side/identity/passwords/policy.ts';

// A door in memory, as true as the pages can tell: passwords in plain, and every other factor by the parts that the real one is made of.

const InvalidCredentials = rejection('invalid_credentials', { message: 'No.', status: 403 });
const InvalidCode = rejection('invalid_code', { message: 'No.', status: 403 });
const LinkVoid = rejection('link_void', { message: 'No.', status: 410 });
const PasswordRefused = rejection('password_refused', {
  message: 'No.',
  status: 422,
  details: { problem: z.string(), least: z.int().optional() },
});
export const doorRejections = [InvalidCredentials, InvalidCode, LinkVoid, PasswordRefused] as const;

export interface Someone {
  email: string;
  password: string;
  emailVerified: boolean;
  nextEmail?: string | undefined;
  roles: Actor['roles'];
  totp?: { secret: string; lastStep: number | undefined } | undefined;
  pendingTotp?: string | undefined;
  passkeys: Passkey[];
  recovery: string[];
  /** The form that the codes of now were asked for by. */
  codesBy?: string | undefined;
  profile?: OwnProfile | undefined;
  sessions: OwnSession[];
}

export interface Mail {
  readonly to: string;
  readonly about: 'verify' | 'reset' | 'email';
  readonly token: string;
}

const KEY = new Uint8Array(32).fill(7);
const ATTEMPTS = 5;
const random = (count: number) => new Uint8Array(randomBytes(count));
const nowMs = () => Date.now();

/** @param origin of the pages, for passkeys; asked for late */
export function peopleAtDoor(origin: () => string) {
  const people = new Map<string, Someone>();
  const mails: Mail[] = [];
  const tokens = new Map<string, { readonly person: string; readonly email: string }>();
  const failures = new Map<string, number>();
  const blocklist = readBlocklist();
  const issued = challenges(random);
  const party = () => ({
    settings: { rpId: new URL(origin()).hostname, rpName: 'Annals', origins: [origin()] },
    challenges: issued,
  });

  const byEmail = (email: string) =>
    [...people].find(([, { email: theirs }]) => theirs.toLowerCase() === email.toLowerCase());
  const factorsOf = ({ totp, passkeys, recovery }: Someone): readonly SecondFactor[] => [
    ...(totp !== undefined ? (['totp'] as const) : []),
    ...(passkeys.length > 0 ? (['passkey'] as const) : []),
    ...(recovery.length > 0 && (totp !== undefined || passkeys.length > 0)
      ? (['recoveryCode'] as const)
      : []),
  ];
  const unfit = (password: string, about: readonly string[]) => {
    const found = passwordProblem({ password, withSecondFactor: false, about }, blocklist);
    if (found === undefined) return undefined;
    return PasswordRefused({ problem: found.problem, ...('least' in found && { least: found.least }) });
  };
  function write(to: string, about: Mail['about'], person: string): void {
    const token = randomBytes(16).toString('base64url');
    tokens.set(token, { person, email: to });
    mails.push({ to, about, token });
  }
  function take(token: string) {
    const found = tokens.get(token);
    tokens.delete(token);
    return found;
  }
  /** After some wrong ones nothing is looked at. */
  function guarded<T>(name: string, right: () => T | undefined) {
    const count = failures.get(name) ?? 0;
    if (count >= ATTEMPTS) return TooManyAttempts({ retryAfterMs: 300_000 });
    const result = right();
    failures.set(name, result === undefined ? count + 1 : 0);
    return result;
  }

  async function confirmed(
    person: string,
    someone: Someone,
    answer: Parameters<Door['confirmSecondFactor']>[1],
    purpose: 'signIn' | 'stepUp',
  ): Promise<Method | undefined> {
    if (answer.by === 'passkey') {
      const authentication = passkeyAuthentication(party());
      const used = await authentication.authenticated(
        person,
        purpose,
        someone.passkeys,
        answer.answer,
        nowMs(),
      );
      if (isPasskeyRefusal(used)) return undefined;
      someone.passkeys = someone.passkeys.map((each) => (each.id === used.id ? used : each));
      return methodOf(used);
    }
    if (answer.by === 'recoveryCode') {
      const taken = takenRecoveryCode({ person, key: KEY, code: answer.code, verifiers: someone.recovery });
      someone.recovery = someone.recovery.filter((each) => each !== taken);
      return taken === undefined ? undefined : 'recovery';
    }
    const { totp } = someone;
    const step = totp && takenTotpStep({ ...totp, code: answer.code, nowMs: nowMs() });
    if (totp === undefined || step === undefined) return undefined;
    totp.lastStep = step;
    return 'otp';
  }

  const of = (person: string): Someone | undefined => people.get(person);
  function freshCodes(person: string, someone: Someone): { readonly codes: readonly string[] } {
    const { codes, verifiers } = newRecoveryCodes({ person, key: KEY, random });
    someone.recovery = [...verifiers];
    return { codes };
  }
  const withCodes = (person: string, someone: Someone): { readonly codes: readonly string[] } =>
    someone.recovery.length > 0 ? { codes: [] } : freshCodes(person, someone);

  const door: Door = {
    async register({ email, password }) {
      const no = unfit(password, [email]);
      if (no !== undefined) return no;
      if (byEmail(email) !== undefined) return undefined;
      const person = `p${people.size + 1}`;
      people.set(person, {
        ...{ email, password, emailVerified: false, roles: [] },
        ...{ passkeys: [], recovery: [], sessions: [] },
      });
      write(email, 'verify', person);
      return undefined;
    },
    async verifyEmail({ token, password }) {
      const someone = of(tokens.get(token)?.person ?? '');
      if (someone === undefined) return LinkVoid({});
      if (someone.password !== password) return InvalidCredentials({});
      take(token);
      someone.emailVerified = true;
      someone.roles = ['bidder', 'seller'];
      return undefined;
    },
    async sendVerification(person) {
      write(of(person)?.email ?? '', 'verify', person);
      return undefined;
    },
    async recognise({ email, password }) {
      const result = guarded(email, () => {
        const found = byEmail(email);
        return found?.[1].password === password ? found : undefined;
      });
      if (result === undefined) return InvalidCredentials({});
      if ('rejected' in result) return result;
      return { person: result[0], secondFactors: factorsOf(result[1]) };
    },
    async confirmPassword(person, password) {
      const someone = of(person);
      if (someone?.password !== password) return InvalidCredentials({});
      return { person, secondFactors: factorsOf(someone) };
    },
    async passkeyQuestion(person, purpose) {
      return passkeyAuthentication(party()).authentication(
        person,
        purpose,
        of(person)?.passkeys ?? [],
        nowMs(),
      );
    },
    async confirmSecondFactor(person, answer, purpose) {
      const someone = of(person);
      const method = someone && (await confirmed(person, someone, answer, purpose));
      return method === undefined ? InvalidCode({}) : { method };
    },
    async askReset(email) {
      const found = byEmail(email);
      if (found !== undefined) write(email, 'reset', found[0]);
      return undefined;
    },
    async reset({ token, password }) {
      const someone = of(tokens.get(token)?.person ?? '');
      if (someone === undefined) return LinkVoid({});
      const no = unfit(password, [someone.email]);
      if (no !== undefined) return no;
      take(token);
      someone.password = password;
      return undefined;
    },
    async changePassword(person, { old, password }) {
      const someone = of(person);
      if (someone?.password !== old) return InvalidCredentials({});
      const no = unfit(password, [someone.email]);
      if (no === undefined) someone.password = password;
      return no;
    },
    async askEmailChange(person, { email, password }) {
      const someone = of(person);
      if (someone?.password !== password) return InvalidCredentials({});
      if (someone.email === email) return EmailUnchanged({});
      someone.nextEmail = email;
      write(email, 'email', person);
      return undefined;
    },
    async changeEmail({ token, password }) {
      const found = tokens.get(token);
      const someone = of(found?.person ?? '');
      if (found === undefined || someone === undefined) return LinkVoid({});
      if (someone.password !== password) return InvalidCredentials({});
      take(token);
      someone.email = found.email;
      someone.nextEmail = undefined;
      return undefined;
    },
    async linkedTo(token) {
      const found = tokens.get(token);
      const someone = of(found?.person ?? '');
      if (found === undefined || someone === undefined) return LinkVoid({});
      const withSecondFactor = factorsOf(someone).length > 0;
      return { person: found.person, email: someone.email, withSecondFactor };
    },
    async standing(person): Promise<Standing | ReturnType<typeof AccountUnknown>> {
      const someone = of(person);
      if (someone === undefined) return AccountUnknown({});
      const { email, emailVerified, nextEmail, totp, passkeys, recovery } = someone;
      return {
        ...{ email, emailVerified, nextEmail, totp: totp !== undefined, lockedOutUntil: undefined },
        passkeys: passkeys.map(({ id }) => ({
          passkey: id.slice(0, 20),
          addedAt: '2026-03-01T12:05:00.000Z',
        })),
        recoveryCodesLeft: recovery.length,
      };
    },
    async enrolTotp(person) {
      const someone = of(person);
      if (someone === undefined) return AccountUnknown({});
      const secret = newTotpSecret(random);
      someone.pendingTotp = secret;
      return { secret, uri: totpUri({ issuer: 'Annals', account: someone.email, secret }) };
    },
    async enrolledTotp(person) {
      const { pendingTotp: secret, email: account } = of(person) ?? {};
      if (secret === undefined || account === undefined) return undefined;
      return { secret, uri: totpUri({ issuer: 'Annals', account, secret }) };
    },
    async confirmTotp(person, code) {
      const someone = of(person);
      const secret = someone?.pendingTotp;
      if (someone === undefined || secret === undefined) return FactorUnknown({});
      const lastStep = takenTotpStep({ secret, code, nowMs: nowMs(), lastStep: undefined });
      if (lastStep === undefined) return InvalidCode({});
      someone.totp = { secret, lastStep };
      someone.pendingTotp = undefined;
      return withCodes(person, someone);
    },
    async removeTotp(person) {
      const someone = of(person);
      if (someone !== undefined) someone.totp = undefined;
      return undefined;
    },
    async passkeyOffer(person) {
      const someone = of(person);
      if (someone === undefined) return AccountUnknown({});
      const named = { id: person, login: someone.email, name: someone.profile?.name ?? someone.email };
      return passkeyRegistration(party()).registration(named, someone.passkeys, nowMs());
    },
    async addPasskey(person, answer) {
      const someone = of(person);
      if (someone === undefined) return AccountUnknown({});
      const made = await passkeyRegistration(party()).registered(person, someone.passkeys, answer, nowMs());
      if (isPasskeyRefusal(made)) return InvalidCode({});
      someone.passkeys.push(made);
      return { ...withCodes(person, someone), method: methodOf(made) };
    },
    async removePasskey(person, passkey) {
      const someone = of(person);
      if (someone !== undefined)
        someone.passkeys = someone.passkeys.filter(({ id }) => id.slice(0, 20) !== passkey);
      return undefined;
    },
    async makeRecoveryCodes(person, asked) {
      const someone = of(person);
      if (someone === undefined) return AccountUnknown({});
      if (asked !== undefined && asked === someone.codesBy) return IdempotencyMismatch({ commandId: asked });
      someone.codesBy = asked;
      if (factorsOf(someone).length === 0) return FactorUnknown({});
      return freshCodes(person, someone);
    },
    async exportOf(person) {
      const someone = of(person);
      if (someone === undefined) return AccountUnknown({});
      const document = JSON.stringify({ person, email: someone.email, profile: someone.profile ?? null });
      return (async function* pieces() {
        for (let at = 0; at < document.length; at += 10) yield document.slice(at, at + 10);
      })();
    },
  };
  return { door, people, mails };
}
