// People and systems come in by OAuth 2.0 and OpenID Connect, as a certified client asks for it. All of them ask one platform, and so run
// in one process.

import './sign-on/tokens.ts';
import './sign-on/browsers.ts';
import './sign-on/systems.ts';
import './sign-on/asked.ts';
import './sign-on/ends.ts';
import './sign-on/sign-outs.ts';
import './sign-on/algorithms.ts';
