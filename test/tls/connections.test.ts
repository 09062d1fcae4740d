import './over-tls.ts';
// What the port promises about connections, over TLS: the same tests.
import '../unit/compose/connections.test.ts';
