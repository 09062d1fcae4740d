import type { Texts } from '../en.ts';

export const rejections: Texts['rejections'] = {
  unknown: 'C’est refusé. Rien n’a été fait.',
  too_many_attempts:
    'Il y a eu trop de tentatives ces derniers temps, par vous ou par d’autres. Celle-ci n’a pas même été examinée.',
  rate_limited: 'Vous avez beaucoup demandé en peu de temps. Rien n’a été fait.',
  overloaded: 'Il y a trop d’activité en ce moment. Rien n’a été fait.',
  unavailable: 'Le service est injoignable pour l’instant. Réessayez dans un moment.',
  contended: 'Autre chose a changé au même moment. Rien n’a été fait.',
  too_many_keys: 'Vous avez beaucoup modifié ici aujourd’hui. Rien n’a été fait.',
  newer_version:
    'Une nouvelle version est en cours d’installation. Rien n’a été fait ; réessayez dans un moment.',
  invalid_credentials: 'L’adresse ou le mot de passe est faux, ou ce compte n’a pas le droit d’entrer.',
  wrong_password: 'Le mot de passe est faux.',
  invalid_code: 'Ce code ou cette clé d’accès n’a pas été accepté. Réessayez.',
  wrong_code: 'Ce code n’a pas été accepté. Réessayez.',
  wrong_passkey: 'Cette clé d’accès n’a pas été acceptée. Réessayez.',
  link_void: 'Ce lien a déjà servi, est trop ancien ou n’est pas complet. Demandez-en un nouveau.',
  password_refused: 'Ce mot de passe ne peut pas être accepté. Choisissez-en un autre.',
  too_short: (least) => `Ce mot de passe est trop court. Il en faut au moins ${least} caractères.`,
  too_long: 'Ce mot de passe est trop long. 256 caractères au maximum.',
  common:
    'Beaucoup de gens utilisent ce mot de passe ; c’est donc l’un des premiers essayés. Choisissez-en un autre.',
  personal: 'Ce mot de passe contient quelque chose que d’autres savent de vous. Choisissez-en un autre.',
  repeated: 'Ce mot de passe se répète. Choisissez-en un autre.',
  run: 'Ce mot de passe est une suite de touches ou de lettres. Choisissez-en un autre.',
  account_unknown: 'Ce compte n’existe pas.',
  account_not_active: 'Ce compte est bloqué, fermé ou effacé.',
  email_not_verified:
    'Confirmez d’abord votre adresse e-mail, par le lien de l’e-mail que nous vous avons envoyé.',
  address_unusable: 'Nous ne pouvons pas écrire à cette adresse. Donnez-en une autre.',
  step_up_required: 'Prouvez encore une fois que c’est vous, et réessayez.',
  too_many_passkeys: 'Vous avez autant de clés d’accès qu’on peut en avoir. Retirez-en une d’abord.',
  factor_unknown: 'Votre compte n’a pas ce second facteur.',
  factor_used: 'Ce code a déjà servi. Attendez que votre application montre le suivant.',
  wallets_open: (list) => `Vous avez des portefeuilles ouverts (${list}). Fermez-les d’abord.`,
  wallet_not_open: 'Vous n’avez pas de portefeuille ouvert dans cette devise.',
  wallet_not_empty:
    'Il y a de l’argent dans ce portefeuille, ou réservé sur lui. Retirez-le, et attendez que plus rien ne soit réservé.',
  payment_under_way:
    'Un paiement vers ce portefeuille est en cours. Attendez qu’il soit arrivé ou qu’il ait échoué.',
  debt_outstanding: 'Vous devez de l’argent. Payez-le d’abord.',
  sales_open:
    'Un de vos lots est en vente, ou vendu et pas encore payé. Attendez que sa vente soit terminée et que vous soyez payé, ou demandez à la maison de l’annuler ; puis revenez.',
  money_left:
    'Il y a ici de l’argent à vous, ou en route. Retirez-le, payez ce que vous devez, et attendez que plus rien ne soit réservé ni en cours ; puis revenez.',
  password_replaced: 'Le mot de passe a changé entre-temps. Connectez-vous avec le nouveau.',
  second_factor_needed:
    'Votre mot de passe est trop court pour suffire seul. Choisissez-en d’abord un plus long, ou gardez un second facteur.',
  email_unchanged: 'C’est déjà votre adresse. Aucun e-mail n’a été envoyé.',
  email_change_void: 'Plus personne n’attend cette adresse. Demandez de nouveau le changement.',
  too_many_letters:
    'Nous vous avons écrit à ce sujet il y a peu. Cherchez notre e-mail : son lien est encore valable.',
  profile_exists: 'Vous avez déjà un profil. Modifiez-le.',
  profile_unknown: 'Vous n’avez pas encore de profil. Créez-le d’abord.',
  no_profile: 'Un administrateur n’a pas de profil.',
  session_unknown: 'Cette session est déjà terminée.',
  forbidden:
    'Votre compte n’a pas ce droit. Si vous n’avez pas encore confirmé votre adresse e-mail, commencez par là.',
  erased: 'La personne concernée a fait effacer ses données.',
  invalid: 'Une de vos saisies ne peut pas être acceptée. Vérifiez-la.',
};
