/**
 * What set-up writes into PacketFence's own files, as values, and the merging of them: each key goes into the section
 * that is there, and every other byte stays. Pure; the passwords in them are resolved, so what holds them leaves no activity.
 */
import type { Dialect } from './dialect.js';
import { pfFileFromText, pfFileToText, readValue, sectionsOf, setValue } from './pf-file.js';

/** Section -> key -> value: of pf.conf, pfconfig.conf, networks.conf or cluster.conf. */
export type PfSettings = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** pf.conf, guide 3.4.1: the database is asked through the node's own proxy. From 12 on 127.0.0.1 is fatal to checkup. */
export const databaseHost = (dialect: Dialect): PfSettings => ({ database: at(dialect) });

/** pfconfig.conf, guide 3.4.1: the same for the configuration's own daemon. */
export const pfconfigDatabaseHost = (dialect: Dialect): PfSettings => ({ mysql: at(dialect) });

const at = ({ databaseAt: { host, port } }: Dialect) => ({ host, port: String(port) });

/** pf.conf, guide 3.4.1: who copies the database from node to node. */
export const replicationUser = ({ user, password }: Credentials): PfSettings => ({
  active_active: { galera_replication_username: user, galera_replication_password: password },
});

/** pf.conf, guide 3.5.1: without it every call of `cluster/sync` is refused. */
export const webservicesUser = ({ user, password }: Credentials): PfSettings => ({
  webservices: { user, pass: password },
});

/** pf.conf, guide 3.6. What is not told stays as it is. */
export const keepalived = (told: {
  readonly password?: string;
  readonly virtualRouterId?: number;
  readonly unicast?: boolean;
}): PfSettings => ({
  active_active: {
    ...(told.password !== undefined && { password: told.password }),
    ...(told.virtualRouterId !== undefined && { virtual_router_id: String(told.virtualRouterId) }),
    ...(told.unicast !== undefined && { vrrp_unicast: told.unicast ? 'enabled' : 'disabled' }),
  },
});

/** The sections that are wanted, as settings: `[ZONE CLUSTER network X]` of our cluster.conf, all of our networks.conf (guide 7.2). */
export function settingsFrom(text: string, wanted: (section: string) => boolean = () => true): PfSettings {
  return Object.fromEntries(
    sectionsOf(pfFileFromText(text))
      .filter(({ name }) => wanted(name))
      .map(({ name, keys }) => [name, Object.fromEntries(keys.map(({ key, value }) => [key, value]))]),
  );
}

/** "CLUSTER network 192.0.2.0", "DC1 CLUSTER network 192.0.2.0" */
export const isNetworkSection = (section: string): boolean => /^(\S+ )?CLUSTER network \S+$/.test(section);

/** A second time it changes nothing. Throws where a value cannot stand in such a file (setValue). */
export function mergeSettings(text: string, ...all: readonly PfSettings[]): string {
  return pfFileToText(
    all
      .flatMap(entriesIn)
      .reduce((file, [section, key, value]) => setValue(file, section, key, value), pfFileFromText(text)),
  );
}

/** What merging would change, in words without secrets: "[database] host: localhost -> 127.0.0.1". */
export function changesInWords(text: string, ...all: readonly PfSettings[]): readonly string[] {
  const file = pfFileFromText(text);
  return all.flatMap(entriesIn).flatMap(([section, key, value]) => {
    const before = readValue(file, section, key);
    if (before === value) return [];
    if (/pass|secret/.test(key)) return [`[${section}] ${key}: ${before === undefined ? 'set' : 'changed'}`];
    return [`[${section}] ${key}: ${before ?? 'not there'} -> ${value}`];
  });
}

function entriesIn(settings: PfSettings): readonly (readonly [string, string, string])[] {
  return Object.entries(settings).flatMap(([section, keys]) =>
    Object.entries(keys).map(([key, value]) => [section, key, value] as const),
  );
}
