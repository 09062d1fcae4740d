/** What an append is of: the type of its event; of a step of a saga also whose step it is. */
export const kindOf = ({ type, data }: { readonly type: string; readonly data: object }): string =>
  'saga' in data ? `${type} of ${data.saga}` : type;
