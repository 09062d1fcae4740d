import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { chromiumPath } from './chromium.ts';

// `npm run test:browser`: the tests that need a browser. A machine without one is told what it has not run; where the
// whole gate has to hold (CI) that is a failure.

const found = chromiumPath();
if (found === undefined) {
  process.stderr.write(
    'NOT RUN: the browser tests (GraphiQL, /docs, the pages of accounts). They need Chromium; on Debian: apt-get install chromium\n',
  );
  process.exit(process.env.CI ? 1 : 0);
}
const suite = join(import.meta.dirname, 'suite.ts');
const { status } = spawnSync(process.execPath, ['--test', '--test-timeout=60000', suite], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
