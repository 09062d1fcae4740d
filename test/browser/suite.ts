import { after, describe } from 'node:test';
import { startHere } from '../support/embedded.ts';
import { docsTests } from './docs.ts';
import { graphiqlTests } from './graphiql.ts';
import { closeBrowser } from './opened.ts';
import { pagesTests } from './pages.ts';
import { passkeysTests } from './passkeys.ts';

// All that needs a browser, in one process, by one browser and one platform: what starts takes longer than what is looked at.

const { url } = await startHere({});
after(closeBrowser);

// Two at a time: each waits for its browser most of the time. The longest come first.
describe('in a browser', { concurrency: 2 }, () => {
  pagesTests();
  docsTests(url);
  graphiqlTests(url);
  passkeysTests();
});
