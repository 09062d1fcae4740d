/**
 * Of each command that staff may send: what becomes of it where it is about the sender's own money or own lot. A gate asks that
 * none is missing, a scenario does each as it stands here.
 */
export const ownAffairs = {
  WriteOffDebt: 'refused',
  DischargeUnclaimed: 'refused',
  HandleNotice: 'refused',
  CancelAuction: 'refused',
  CloseSale: 'refused',
  CancelSale: 'refused',
  ScheduleAuction: 'refused',
  LockAccount: 'refused',
  UnlockAccount: 'refused',
  ResetFactors: 'refused',
  ErasePerson: 'refused',
  GrantRole: 'refused',
  WithdrawRole: { allowed: 'an administrator may give up a role, by which nobody gains anything' },
  RenameClient: { allowed: 'a system is nobody’s own' },
  RemoveClient: { allowed: 'a system is nobody’s own' },
  CreateProfile: { allowed: 'everybody says who they are themselves' },
  ChangeProfile: { allowed: 'everybody says who they are themselves' },
  PayOutUnclaimed: { allowed: 'everybody may claim what is owed to them, and it goes to their wallet alone' },
  OpenAuction: { allowed: 'a seller opens the auction of their own lot, which nobody has bid in yet' },
  ConsignLot: { allowed: 'everybody enters their own lots, and sets their own reserve' },
  AmendLot: { allowed: 'a consignor describes their own lot while it is at rest' },
  WithdrawLot: { allowed: 'a consignor takes their own lot back while it is at rest' },
  ScheduleSale: {
    allowed: 'no lot is in a sale that begins; whoever arranged it puts none of theirs into it',
  },
  PublishSale: {
    allowed: 'no lot is in a sale that is not published; whoever published it puts none of theirs into it',
  },
} as const satisfies Readonly<Record<string, 'refused' | { readonly allowed: string }>>;
