// Every command, query and feed, asked as nobody and as everybody, about their own things and about others': what docs/authorization.md
// says of it is what is answered. All of them ask one platform, and so run in one process.

import './authorization/commands.ts';
import './authorization/queries.ts';
import './authorization/feeds.ts';
