import { setDefaultCACertificates } from 'node:tls';
import { authority, transport } from '#test/support/transport.ts';

// Imported before tests of the port, so that they speak TLS to it.

transport.byTls = true;
setDefaultCACertificates([authority()]);
