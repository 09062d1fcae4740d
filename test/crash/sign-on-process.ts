import { openLog } from '#compose/log.ts';
import { startPlatform } from '#compose/platform.ts';
import { readConfig } from '#config';
import { askingNobody } from '../support/sign-on.ts';

// A platform as its own process, at which somebody may sign on by a system that keeps no secret.

const people = askingNobody();
const platform = await startPlatform({
  config: readConfig(),
  version: 'test',
  log: openLog('error', process.stderr),
  onFatal: (error) => {
    throw error;
  },
  accountPages: people.pages,
});
if (process.env.ANNALS_FIRST_LIFE === 'yes') {
  await people.person('ann');
  const more = {
    grantTypes: ['authorization_code', 'refresh_token'],
    redirectUris: ['https://shop.example/back'],
  };
  await people.client('phone', more, false);
}
process.stdout.write(`ready ${platform.url}\n`);
// Whoever has started it is gone, or is done with it.
process.stdin.resume().once('end', () => void platform.stop().then(() => process.exit(0)));
