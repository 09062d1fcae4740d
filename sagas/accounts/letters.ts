import { type LinkPurpose, linkTo } from '#domain/accounts/links.ts';
import { type Letter, type LetterFacts, type LetterPart, template } from '#domain/kernel/mails.ts';
import type { Language } from '#domain/kernel/ports/mail.ts';

// What people are written to about their accounts. Nothing that anybody else has written stands in it: whoever registers the address of
// another would write to them through us.

interface Words {
  readonly subject: string;
  readonly text: readonly string[];
}
type InEach<T> = Readonly<Record<Language, T>>;

const texts = (words: readonly string[]): readonly LetterPart[] => words.map((text) => ({ text }));

/** @param isReachable whether the letter says where the house is reached */
type Ending = InEach<(isReachable: boolean) => string>;

/** A letter that only tells. @param ending its last words */
const telling = (name: string, words: InEach<Words>, ending?: Ending) => {
  const write =
    (language: Language) =>
    (_: object, { isReachable }: Pick<LetterFacts, 'isReachable'>): Letter => {
      const { subject, text } = words[language];
      return {
        subject,
        parts: texts([...text, ...(ending === undefined ? [] : [ending[language](isReachable)])]),
      };
    };
  return template<Record<never, never>>(name, {
    ...{ en: write('en'), fr: write('fr'), ru: write('ru') },
  });
};

interface Linking extends Words {
  readonly label: string;
  readonly behind: readonly string[];
}

/** A letter with a link, which is bound to something of the event. */
const linking = (name: string, purpose: LinkPurpose, words: InEach<Linking>) => {
  const write =
    ({ subject, text, label, behind }: Linking) =>
    ({ boundTo }: { readonly boundTo: string }, facts: LetterFacts): Letter => {
      const { person, recordedAt: since } = facts;
      const link = linkTo({ purpose, person, boundTo, since }, facts);
      return { subject, parts: [...texts(text), { link, label }, ...texts(behind)] };
    };
  return template<{ readonly boundTo: string }>(name, {
    ...{ en: write(words.en), fr: write(words.fr), ru: write(words.ru) },
  });
};

export const verifyAddress = linking('verify-address', 'verify', {
  en: {
    subject: 'Confirm your address',
    text: [
      'Somebody has opened an account with this address. If it was you, confirm that it is yours, with the password that you chose.',
    ],
    label: 'Confirm the address',
    behind: [
      'The link holds for 24 hours, with the password that was chosen last. If it was not you, do nothing: without it nobody can bid or sell, and the account ends by itself after a week.',
    ],
  },
  fr: {
    subject: 'Confirmez votre adresse',
    text: [
      'Un compte a été ouvert avec cette adresse. Si c’était vous, confirmez qu’elle est la vôtre, avec le mot de passe que vous avez choisi.',
    ],
    label: 'Confirmer l’adresse',
    behind: [
      'Le lien est valable 24 heures, avec le dernier mot de passe choisi. Si ce n’était pas vous, ne faites rien : sans lui personne ne peut enchérir ni vendre, et le compte prend fin de lui-même au bout d’une semaine.',
    ],
  },
  ru: {
    subject: 'Подтвердите адрес',
    text: [
      'С этим адресом открыта учётная запись. Если это сделали вы, подтвердите, что адрес ваш: понадобится пароль, который вы выбрали.',
    ],
    label: 'Подтвердить адрес',
    behind: [
      'Ссылка действует 24 часа, с тем паролем, который был выбран последним. Если это были не вы, ничего не делайте: без неё никто не сможет ни покупать, ни продавать, а через неделю учётная запись удалится сама.',
    ],
  },
});

export const registrationAttempted = telling('registration-attempted', {
  en: {
    subject: 'You have an account already',
    text: [
      'Somebody wanted to open an account with this address, which has one. Nothing was changed.',
      'If it was you, sign in, or choose “Forgotten your password?” where you sign in. If it was not you, there is nothing to do.',
    ],
  },
  fr: {
    subject: 'Vous avez déjà un compte',
    text: [
      'Quelqu’un a voulu ouvrir un compte avec cette adresse, qui en a déjà un. Rien n’a été modifié.',
      'Si c’était vous, connectez-vous ou choisissez « Mot de passe oublié ? » à la page de connexion. Sinon, il n’y a rien à faire.',
    ],
  },
  ru: {
    subject: 'У вас уже есть учётная запись',
    text: [
      'Кто-то хотел открыть учётную запись с этим адресом, но она уже есть. Ничего не изменилось.',
      'Если это были вы, войдите или выберите «Забыли пароль?» на странице входа. Если нет, ничего делать не нужно.',
    ],
  },
});

export const passwordReset = linking('password-reset', 'reset', {
  en: {
    subject: 'Choose another password',
    text: ['Somebody has asked for another password for your account. If it was you, choose it here.'],
    label: 'Choose another password',
    behind: [
      'The link holds for 30 minutes, and once. If it was not you, do nothing: your password stays as it is.',
    ],
  },
  fr: {
    subject: 'Choisissez un nouveau mot de passe',
    text: ['Un nouveau mot de passe a été demandé pour votre compte. Si c’était vous, choisissez-le ici.'],
    label: 'Choisir un nouveau mot de passe',
    behind: [
      'Le lien est valable 30 minutes, une seule fois. Si ce n’était pas vous, ne faites rien : votre mot de passe ne change pas.',
    ],
  },
  ru: {
    subject: 'Выберите новый пароль',
    text: ['Для вашей учётной записи запрошен новый пароль. Если это были вы, выберите его здесь.'],
    label: 'Выбрать новый пароль',
    behind: [
      'Ссылка действует 30 минут и один раз. Если это были не вы, ничего не делайте: пароль останется прежним.',
    ],
  },
});

const NOT_YOU: Ending = {
  en: (isReachable) =>
    `If it was not you, choose “Forgotten your password?” where you sign in${isReachable ? ', and write to us' : ''}.`,
  fr: (isReachable) =>
    `Si ce n’était pas vous, choisissez « Mot de passe oublié ? » à la page de connexion${isReachable ? ' et écrivez-nous' : ''}.`,
  ru: (isReachable) =>
    `Если это были не вы, выберите «Забыли пароль?» на странице входа${isReachable ? ' и напишите нам' : ''}.`,
};

export const passwordChanged = telling(
  'password-changed',
  {
    en: {
      subject: 'Your password is another',
      text: ['The password of your account was changed, and you are signed out everywhere.'],
    },
    fr: {
      subject: 'Votre mot de passe a changé',
      text: ['Le mot de passe de votre compte a été modifié, et toutes vos sessions sont terminées.'],
    },
    ru: {
      subject: 'Ваш пароль изменён',
      text: ['Пароль вашей учётной записи изменён, все сеансы завершены.'],
    },
  },
  NOT_YOU,
);

export const emailChangeLink = linking('email-change-link', 'email', {
  en: {
    subject: 'Confirm your new address',
    text: [
      'Somebody wants to use this address for their account. If it was you, confirm that it is yours, with the password of that account.',
    ],
    label: 'Use this address',
    behind: ['The link holds for 24 hours. If it was not you, do nothing.'],
  },
  fr: {
    subject: 'Confirmez votre nouvelle adresse',
    text: [
      'Quelqu’un veut utiliser cette adresse pour son compte. Si c’était vous, confirmez qu’elle est la vôtre, avec le mot de passe de ce compte.',
    ],
    label: 'Utiliser cette adresse',
    behind: ['Le lien est valable 24 heures. Si ce n’était pas vous, ne faites rien.'],
  },
  ru: {
    subject: 'Подтвердите новый адрес',
    text: [
      'Кто-то хочет использовать этот адрес для своей учётной записи. Если это вы, подтвердите, что он ваш: понадобится пароль этой учётной записи.',
    ],
    label: 'Использовать этот адрес',
    behind: ['Ссылка действует 24 часа. Если это были не вы, ничего не делайте.'],
  },
});

export const emailChanged = telling(
  'email-changed',
  {
    en: {
      subject: 'Your account has another address',
      text: ['Your account has another address from now on. To this one we write no more.'],
    },
    fr: {
      subject: 'Votre compte a une autre adresse',
      text: ['Votre compte a désormais une autre adresse. Nous n’écrirons plus à celle-ci.'],
    },
    ru: {
      subject: 'У вашей учётной записи другой адрес',
      text: ['Теперь у вашей учётной записи другой адрес. На этот мы больше не пишем.'],
    },
  },
  {
    en: (isReachable) => `If it was not you, ${isReachable ? 'write to us' : 'turn to the house'} at once.`,
    fr: (isReachable) =>
      `Si ce n’était pas vous, ${isReachable ? 'écrivez-nous' : 'adressez-vous à la maison'} immédiatement.`,
    ru: (isReachable) =>
      `Если это были не вы, немедленно ${isReachable ? 'напишите нам' : 'обратитесь в аукционный дом'}.`,
  },
);

const factor = (name: string, en: string, fr: string, ru: string) =>
  telling(
    name,
    {
      en: { subject: 'How you sign in has changed', text: [en] },
      fr: { subject: 'Votre façon de vous connecter a changé', text: [fr] },
      ru: { subject: 'Способ входа изменён', text: [ru] },
    },
    NOT_YOU,
  );

export const appAdded = factor(
  'app-added',
  'From now on a code of an app is asked for where you sign in.',
  'Désormais, un code d’application vous sera demandé à la connexion.',
  'Теперь при входе запрашивается код из приложения.',
);
export const appRemoved = factor(
  'app-removed',
  'No code of an app is asked for any more where you sign in.',
  'Aucun code d’application ne vous sera plus demandé à la connexion.',
  'Код из приложения при входе больше не запрашивается.',
);
export const passkeyAdded = factor(
  'passkey-added',
  'Your account has another passkey.',
  'Votre compte a une clé d’accès de plus.',
  'К вашей учётной записи добавлен ключ доступа.',
);
export const passkeyRemoved = factor(
  'passkey-removed',
  'A passkey of your account was removed.',
  'Une clé d’accès de votre compte a été supprimée.',
  'Ключ доступа удалён из вашей учётной записи.',
);
export const factorsReset = factor(
  'factors-reset',
  'The house has taken your second factors and recovery codes away, as it was asked to, and you are signed out everywhere. Your password lets you in alone: sign in, and set up another.',
  'La maison a supprimé vos seconds facteurs et vos codes de secours, comme cela lui a été demandé, et toutes vos sessions sont terminées. Votre mot de passe suffit désormais : connectez-vous et configurez-en un nouveau.',
  'Аукционный дом, как его попросили, убрал ваш второй фактор и резервные коды; все сеансы завершены. Теперь для входа достаточно пароля: войдите и настройте новый второй фактор.',
);
export const recoveryCodesMade = factor(
  'recovery-codes-made',
  'Your account has fresh recovery codes. Those of before are void.',
  'Votre compte a de nouveaux codes de secours. Les anciens ne sont plus valables.',
  'Для вашей учётной записи созданы новые резервные коды. Прежние недействительны.',
);
export const firstRecoveryCodes = factor(
  'first-recovery-codes',
  'Your account has recovery codes now: each lets you in once where your app or passkey is not at hand. Keep them where you keep your papers.',
  'Votre compte a maintenant des codes de secours : chacun vous laisse entrer une fois, sans application ni clé d’accès sous la main. Gardez-les avec vos papiers.',
  'Теперь у вашей учётной записи есть резервные коды: каждый один раз впустит вас, если под рукой нет ни приложения, ни ключа доступа. Храните их там же, где документы.',
);

export const lockedOut = telling('locked-out', {
  en: {
    subject: 'Too many attempts to sign in',
    text: [
      'Somebody has tried too often to sign in to your account, without success. For a day few more attempts are taken from places where you have not signed in before.',
      'If it was you, choose “Forgotten your password?” where you sign in. If it was not you, there is nothing to do.',
    ],
  },
  fr: {
    subject: 'Trop de tentatives de connexion',
    text: [
      'Quelqu’un a essayé trop souvent, sans succès, de se connecter à votre compte. Pendant un jour, peu de tentatives sont acceptées depuis des lieux où vous ne vous êtes jamais connecté.',
      'Si c’était vous, choisissez « Mot de passe oublié ? » à la page de connexion. Sinon, il n’y a rien à faire.',
    ],
  },
  ru: {
    subject: 'Слишком много попыток входа',
    text: [
      'Кто-то слишком часто и безуспешно пытался войти в вашу учётную запись. В течение суток с новых мест принимается мало попыток.',
      'Если это были вы, выберите «Забыли пароль?» на странице входа. Если нет, ничего делать не нужно.',
    ],
  },
});
