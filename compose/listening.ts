import { type PortSettings, UnusableError } from '#config';
import { type HttpOptions, type HttpPort, openHttp } from './http.ts';

/** Why a port was not opened, told so that whoever starts the platform knows what to change. */
function reasonOf(code: unknown, host: string, port: number): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return 'another program listens there';
    case 'EACCES':
      return `this user may not listen on port ${port}`;
    case 'EADDRNOTAVAIL':
      return `${host} is no address of this machine`;
    default:
      return undefined;
  }
}

/**
 * Opens a port by the settings that name it.
 *
 * @param settings as they are called, for the message: `PORT and HOST`
 * @throws UnusableError when the system does not give it: a host that cannot be resolved or is not ours, a port that is taken
 */
export async function listenBy(settings: PortSettings, options: HttpOptions): Promise<HttpPort> {
  try {
    return await openHttp(options);
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) throw error;
    const { host, port } = options;
    if (error.syscall === 'getaddrinfo')
      throw new UnusableError(settings, `${host} cannot be resolved (${error.code}).`);
    if (error.syscall !== 'listen' && error.syscall !== 'bind') throw error;
    const why = reasonOf(error.code, host, port) ?? error.message;
    throw new UnusableError(settings, `${why}. Port 0 takes any free one.`);
  }
}
