/** Tries the platform through both gateways, which are built from their modules; outside the gate. `--only WORDS` runs those with these in their name. */
import { setDefaultCACertificates } from 'node:tls';
import { parseArgs } from 'node:util';
import { authority } from '../support/transport.ts';
import { built, goVersion, NotToBeHadError } from './build.ts';
import { openGateway } from './gateway.ts';
import { scenarios } from './scenarios.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });

async function programs() {
  say(await goVersion());
  const caddy = await built('caddy');
  return { caddy, krakend: await built('krakend') };
}

setDefaultCACertificates([authority()]);
let passed = 0;
let failed = 0;
try {
  const gateway = await openGateway(await programs());
  for (const [name, run] of scenarios.filter(([name]) => name.includes(values.only)))
    try {
      await run(gateway);
      passed += 1;
      say(`ok ${name}`);
    } catch (error) {
      failed += 1;
      say(`failed ${name}\n${error instanceof Error ? error.stack : String(error)}`);
      say(gateway.said().split('\n').slice(-6).join('\n'));
    }
  await gateway.stop();
} catch (error) {
  if (!(error instanceof NotToBeHadError)) throw error;
  say(`not run: ${error.message}`);
}
say(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
