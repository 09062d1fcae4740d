/** Who runs the platform, as people are told on pages and in mails. */
export interface House {
  /** One line; undefined: nobody has named it. */
  readonly name: string | undefined;
  /** Where people reach it: an address, a number, a page; one line. Undefined: nobody has said. */
  readonly contact: string | undefined;
}

/** What is written where the house would be named: the platform's own name, where it has none. */
export const nameOfHouse = ({ name }: Pick<House, 'name'>): string => name ?? 'Annals';
