/** The configurator is a person's work: what is to be done in it, and whether it was. Guide 3.3.1. */
import { clusterConfFromText, type Server } from './cluster-conf.js';
import { list, type Unhashed } from './finding.js';
import type { Installed } from './installed.js';
import type { DataSeen } from './joining.js';
import type { Proposal } from './words.js';

export interface ConfiguratorTask extends Proposal {
  /** What is not yet as cluster.conf says, in words. Empty: it is done. */
  readonly shown: readonly string[];
}

/** The task stays the same while it is done; only what is seen of it moves. */
export function configurator({
  clusterConf,
  installed,
  data,
}: {
  /** Ours. */
  readonly clusterConf: string;
  readonly installed: readonly Installed[];
  /** Of the first server. */
  readonly data: readonly DataSeen[];
}): Unhashed<ConfiguratorTask> {
  const { servers } = clusterConfFromText(clusterConf);
  const [first] = servers;
  return {
    verdict: servers.map((server) => (server === first ? taskOnFirst(server) : taskOnOther(server))),
    choices: { done: 'it is done; look' },
    goOn: 'done',
    shown: servers.flatMap((server) => {
      const one = installed.find(({ node }) => node === server.node);
      if (!one) return [`${server.node} was not looked at.`];
      return [...addressesMissing(server, one), ...(server === first ? missingOnFirst(server, one, data) : [])];
    }),
  };
}

const taskOnFirst = ({ node, managementIp, interfaces }: Server): string => {
  const all = interfaces.map(({ name, ip }) => {
    const management = ip.text === managementIp.text ? ' (type management, with high availability)' : '';
    return `${name} ${ip.text}${management}`;
  });
  return `${node}: go through the configurator (https://${managementIp.text}:1443) up to its last step, Services, and start nothing there. Interfaces: ${list(all)}. Database: pf; root’s password is the one that access.ini names ([mysql]).`;
};

const taskOnOther = ({ node, interfaces }: Server): string =>
  `${node}: only the step of the network interfaces, and no further; nothing, where it has its addresses: ${list(interfaces.map(({ name, ip }) => `${name} ${ip.text}`))}.`;

const addressesMissing = ({ node, interfaces }: Server, { interfaces: live }: Installed): readonly string[] =>
  interfaces.flatMap(({ name, ip }) =>
    live[name]?.includes(ip.text)
      ? []
      : [`${node}: ${name} holds ${list(live[name] ?? []) || 'no address'}, not ${ip.text}.`],
  );

function missingOnFirst(
  { node, interfaces, managementIp }: Server,
  { configured }: Installed,
  data: readonly DataSeen[],
) {
  const management = interfaces.find(({ ip }) => ip.text === managementIp.text)?.name ?? 'no interface';
  const typesOf = (name: string) => configured.find((one) => one.name === name)?.type.split(',') ?? [];
  return [
    ...interfaces.flatMap(({ name, ip }) => {
      const said = configured.find((one) => one.name === name)?.ip;
      return said === ip.text ? [] : [`${node}: pf.conf says ${said || 'nothing'} of ${name}, not ${ip.text}.`];
    }),
    ...configured
      .filter(({ name }) => !interfaces.some((one) => one.name === name))
      .map(
        ({ name }) => `${node}: pf.conf configures ${name}, which cluster.conf does not name: checkup refuses that.`,
      ),
    ...(typesOf(management).includes('management') ? [] : [`${node}: ${management} is not of type management.`]),
    ...(typesOf(management).includes('high-availability')
      ? []
      : [`${node}: ${management} is not marked for high availability: no other server could copy the database.`]),
    ...configured
      .filter(({ name }) => name !== management && typesOf(name).includes('management'))
      .map(({ name }) => `${node}: ${name} is of type management too.`),
    ...(data.some((one) => one.node === node && one.schemas.some(({ name }) => name === 'pf'))
      ? []
      : [`${node}: there is no database pf.`]),
  ];
}
