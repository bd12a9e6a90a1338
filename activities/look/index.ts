/** The looks, as activities: they change nothing, and are retried freely. */
import { clusterConfFromText, managementOf, zonesOf } from '../../cluster/cluster-conf.js';
import { quote } from '../../cluster/commands/quote.js';
import { positionsToAsk } from '../../cluster/lineage.js';
import type { ClusterAccess } from '../access.js';
import { beating } from '../beat.js';
import type { Looks } from '../contract.js';
import { Unreachable, unreachable } from '../errors.js';
import type { SshPool } from '../ssh/pool.js';
import { readCheckup, readConfiguration, readData, readTakenOver } from './configuration.js';
import { datadirOf, readCache, readRecovered, readSeal } from './held.js';
import { lookAtSecrets, readInstalled } from './installed.js';
import { readLineage } from './lineage.js';
import { lookAtNodes } from './nodes.js';
import { readServer } from './server.js';

export function lookActivities(
  pool: SshPool,
  resolve: (cluster: string) => Promise<ClusterAccess>,
): Omit<Looks, 'hostKey'> {
  /** One answer per node, all at once. */
  const each = async <T>(
    title: string,
    { cluster, nodes }: { readonly cluster: string; readonly nodes: readonly string[] },
    ask: (remote: Awaited<ReturnType<SshPool['reach']>>) => Promise<T>,
  ): Promise<T[]> => {
    const access = await resolve(cluster);
    try {
      return await Promise.all(nodes.map(async (node) => ask(await pool.reach(access, node))));
    } catch (error) {
      throw error instanceof Unreachable ? unreachable(title, error, 'Nothing was changed.') : error;
    }
  };
  const seals: Looks['seals'] = (which) =>
    each('Check that no held node was touched', which, (remote) => readSeal(remote, which.run));
  const beats =
    <A, T>(look: (asked: A) => Promise<T>) =>
    (asked: A): Promise<T> =>
      beating(() => look(asked));
  return {
    nodes: beats(async ({ cluster, nodes }) => lookAtNodes(pool, await resolve(cluster), nodes)),
    servers: beats((which) =>
      each('See what the servers are like', which, (remote) => readServer(remote, which.addresses)),
    ),
    routes: beats(async ({ cluster, routes }) =>
      Promise.all(
        routes.map(async (route) => {
          const address = route.network.replace(/\.(\d+)\/\d+$/, (_, last: string) => `.${Number(last) + 1}`);
          const asked = { cluster, nodes: [route.node] };
          const [said = ''] = await each('See which way each server takes', asked, async (remote) =>
            remote.sh(`ip -o route get ${quote(address)} 2>&1 || :`, { deadline: 15_000 }).then(({ stdout }) => stdout),
          );
          return { ...route, taken: / via (\S+)/.exec(said)?.[1] ?? '' };
        }),
      ),
    ),
    inventory: async ({ cluster }) => {
      const { clusterConf, networksConf = '', vips, logins } = await resolve(cluster);
      const conf = clusterConfFromText(clusterConf);
      const management = managementOf(conf);
      return {
        addresses: Object.fromEntries(management.map(({ node, own }) => [node, own])),
        vips,
        managementVips: Object.fromEntries(management.map(({ node, virtual }) => [node, virtual])),
        zones: zonesOf(conf),
        files: { clusterConf, networksConf },
        logins,
      };
    },
    installed: beats((which) => each('Look at what is installed', which, readInstalled)),
    secrets: beats(async ({ cluster }) => lookAtSecrets(await resolve(cluster))),
    configuration: beats(async (which) => {
      const { cluster, took, run, configVersion } = which;
      const title = 'See how they are configured';
      const [paths = []] = took
        ? await each(title, { cluster, nodes: [took] }, (remote) => readTakenOver(remote, run))
        : [];
      const seen = await each(title, which, (remote) => readConfiguration(remote, configVersion, paths));
      return { ours: (await resolve(cluster)).clusterConf, seen };
    }),
    checkup: beats((which) => each('See what PacketFence’s checkup says', which, readCheckup)),
    data: beats((which) => each('See what its data directory holds', which, readData)),
    lineage: beats(async ({ cluster, seen }) => readLineage(pool, await resolve(cluster), seen)),
    seals: beats(seals),
    histories: beats(async (which) => {
      const { cluster, nodes, beside = [], run } = which;
      const recovered = await each('Collect what was read', which, (remote) => readRecovered(remote, run));
      const asked = positionsToAsk(recovered);
      const all = { cluster, nodes: [...nodes, ...beside] };
      const caches = await each('Read what galera.cache holds', all, async (remote) =>
        readCache(remote, await datadirOf(remote), asked),
      );
      return { recovered, caches, seals: await seals(which) };
    }),
  };
}
