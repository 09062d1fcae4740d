import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';

// Gives somebody another password at a Kafka, by its protocol: no driver of ours does, and its own tools do not come with the broker.

const ALTER_USER_SCRAM_CREDENTIALS = 51;
const SCRAM_SHA_512 = 2;
const ITERATIONS = 4_096;
const HASH_BYTES = 64;
const ANSWER_MS = 10_000;

const int8 = (value: number): Buffer => Buffer.from([value]);
function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}
function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
/** Compact: its length and one, in a byte where it is shorter than 127. */
const compact = (bytes: Buffer): Buffer => Buffer.concat([int8(bytes.length + 1), bytes]);
const NO_TAGS = int8(0);

function request(username: string, password: string): Buffer {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, HASH_BYTES, 'sha512');
  const header = [int16(ALTER_USER_SCRAM_CREDENTIALS), int16(0), int32(1), int16(-1), NO_TAGS];
  const upsertion = [
    ...[compact(Buffer.from(username)), int8(SCRAM_SHA_512), int32(ITERATIONS)],
    ...[compact(salt), compact(salted), NO_TAGS],
  ];
  const none = int8(1);
  const body = Buffer.concat([...header, none, int8(2), ...upsertion, NO_TAGS]);
  return Buffer.concat([int32(body.length), body]);
}

/** @param broker `host:port`, where nobody is asked for a password @throws Error where it is not taken */
export async function setPassword(broker: string, username: string, password: string): Promise<void> {
  const [host = '', port] = broker.split(':');
  const socket = connect({ host, port: Number(port) });
  try {
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error(`${broker} does not answer`)));
    await once(socket, 'connect');
    socket.write(request(username, password));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    // Size, correlation, tags, throttle; then one result: user and error.
    const at = 4 + 4 + 1 + 4 + 1 + 1 + Buffer.byteLength(username);
    const error = answer.readInt16BE(at);
    if (error !== 0) throw new Error(`${broker} answers error ${error} to a password`);
  } finally {
    socket.destroy();
  }
}
