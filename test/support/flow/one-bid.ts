import { views } from '#compose/contexts.ts';
import type { StoredEvent } from '#domain/kernel/envelope.ts';
import { categoryOf } from '#domain/kernel/ids.ts';
import { ann, bob, endsAt, givenOpenAuction, usd } from '../saleroom.ts';

// What one bid leads to, as the README shows it: a bid is placed in the whole platform and its lot sold, and each event of that is
// a line. So it cannot say what the code does not do.

/** Of a bid over the one that leads, and of the end that comes after it, in the order in which they are recorded. */
async function recordedOfOneBid(): Promise<readonly StoredEvent[]> {
  const ends: (() => unknown)[] = [];
  const room = await givenOpenAuction({ after: (end) => void ends.push(end as () => unknown) });
  try {
    await room.bid(ann, usd(20_00n).amount);
    const before = (await room.deployment.everything()).length;
    await room.bid(bob, usd(30_00n).amount);
    await room.deployment.advanceTo(endsAt);
    return (await room.deployment.everything()).slice(before);
  } finally {
    for (const end of ends) await end();
  }
}

const sender = (actor: unknown): string => String(actor).replace('system.', '');

/** The lines in columns, each as wide as its widest cell. */
function inColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Who sends which command, to which stream, what is recorded there, and which views show it. */
export async function oneBid(): Promise<string> {
  const rows = (await recordedOfOneBid()).map(({ type, stream, metadata }) => {
    const shown = views.filter(({ events }) => events.some((event) => event.type === type));
    const event = `${categoryOf(stream)}: ${type}`;
    return [
      sender(metadata.actor),
      String(metadata.command),
      `─▶ ${event}`,
      `─▶ ${shown.map(({ name }) => name).join(', ')}`,
    ];
  });
  return inColumns([['who', 'command', '─▶ stream: event', '─▶ views'], ...rows]);
}
