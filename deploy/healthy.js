import { request } from 'node:http';
import { request as secureRequest } from 'node:https';

// `node deploy/healthy.js 4000`: whether the platform on this port of this machine is ready, by its exit code. A container asks by it,
// because its image has no other program that could.
const port = process.argv[2] ?? '4000';
const LONGEST_MS = 3_000;
const by = { host: '127.0.0.1', port, path: '/health/ready', signal: AbortSignal.timeout(LONGEST_MS) };

/** Its certificate is for the name that people come by, and whether it is taken is theirs to say: here it is this machine that answers. */
const asked = process.env.TLS_CERT_FILE ? secureRequest({ ...by, rejectUnauthorized: false }) : request(by);
asked.on('response', ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1));
asked.on('error', () => process.exit(1));
asked.end();
