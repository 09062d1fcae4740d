import { existsSync } from 'node:fs';
import type { Config, PlatformRole } from '#config';
import type { Clock } from '#domain/kernel/ports/facts.ts';
import { accessOf } from './access.ts';
import { demandUsableCertificates } from './certificates.ts';
import { eachTold } from './each-told.ts';
import { keptOperations } from './kept-operations.ts';
import { masterKeyOf } from './person-keys.ts';
import { madeServiceKeyFile, serviceKeyOf } from './service-key.ts';
import { enteringMongo } from './stores.ts';
import { tokensOf } from './tokens.ts';

/**
 * Reads all that the settings name, as far as this process has a use for it, before any engine is waited for.
 *
 * @throws UnusableError, or ConfigError for several, with each setting and nothing of what is in a file; DamagedFileError for a file of ours
 */
export async function demandUsableFiles(config: Config, clock: Clock): Promise<void> {
  const { readStore, bus, service, tokens, personKeys, mail, roles, whole } = config;
  const has = (...some: readonly PlatformRole[]): boolean => some.some((role) => roles.includes(role));
  const reaches = bus.engine === 'kafka' && has('write-side', 'publisher');
  // One of ours is made where it is missing: only what is there can be wrong.
  const hasSecret = service.keyFile !== undefined || existsSync(madeServiceKeyFile(config));
  await eachTold([
    demandUsableCertificates(config),
    ...(has('read-api') ? [(async () => keptOperations(config))()] : []),
    ...(readStore.engine === 'mongodb' ? [enteringMongo(readStore)] : []),
    ...(reaches ? [accessOf('BUS', bus.files)] : []),
    ...(mail.at.engine === 'smtp' && has('sagas') ? [accessOf('MAIL', mail.at.files)] : []),
    ...((!whole || reaches) && hasSecret ? [serviceKeyOf(config)] : []),
    ...(personKeys.masterKeyFile !== undefined && has('write-side', 'read-api') ? [masterKeyOf(config)] : []),
    ...(tokens.keyFile !== undefined && has('write-side', 'read-api') ? [tokensOf(config, clock)] : []),
  ]);
}
