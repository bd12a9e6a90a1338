/** The activities, on the model. The order of a change is the real one; so are the judgements, which the caller adds. */
import { heartbeat, sleep } from '@temporalio/activity';
import type { Acts, Desks, GuardNote, LedgerSeen, Looks, Made, Watches } from '../activities/contract.js';
import { fail, Unreachable } from '../activities/errors.js';
import { endOf, fileOf, ranBefore } from '../activities/guards.js';
import { evenIfOver, type LockPort, lockActivities } from '../activities/lock.js';
import { after, allMade, doubt, meetingOrder, type NodePort, performChange } from '../activities/perform.js';
import type { Claim } from '../activities/runner/lock.js';
import type { ContentSeen } from '../cluster/content.js';
import { positionsToAsk } from '../cluster/lineage.js';
import { positionSeen } from '../cluster/position.js';
import { isReached, wsrepOf } from '../cluster/seen.js';
import type { Change, NodeName } from '../cluster/words.js';
import type { ModelCluster } from './cluster.js';
import type { ModelNode } from './node.js';
import { verbOf } from './verbs.js';

const enough = 2; // looks until a joiner is Synced

export function modelActivities(cluster: ModelCluster): Acts & Desks & Looks & Watches {
  const reach = (name: NodeName, title: string): ModelNode => {
    const node = cluster.node(name);
    if (!node.answers) throw fail('Unreachable', { node: name, title }, 'no route to host. Nothing was done.');
    return node;
  };
  const ofRun = (name: NodeName, run: string) => {
    const { recovered } = reach(name, 'Collect what was read');
    return recovered?.run === run ? recovered.facts : undefined;
  };
  const sealsOf = (nodes: readonly NodeName[], run: string) =>
    nodes.map((name) => {
      const node = reach(name, 'Check the seal');
      const broken = [
        ...(ofRun(name, run) ? [] : ['this run has read nothing here']),
        ...(node.held ? [] : ['it is not held any more']),
        ...(node.sealBroken === undefined ? [] : [node.sealBroken]),
      ];
      return { node: name, broken, obstacles: [...node.obstacles] };
    });

  return {
    meet: async (meeting) => {
      const order = meetingOrder(meeting);
      const node = reach(meeting.node, order.change.title);
      const claim = { node: node.name, run: meeting.key.run, epoch: meeting.epoch, ...meeting.holder };
      const meet = () => performChange(portOf(cluster, node), order);
      return (await evenIfOver(async () => cluster.all.map(lockPort), claim, meet)).ledger;
    },
    change: async (orders) => {
      const made: Made[] = [];
      for (const order of orders) {
        const node = reach(order.change.node, order.change.title);
        const { key, epoch, holder, note } = order;
        const port = portOf(cluster, node);
        const next = after(made, order);
        const known = !next.known || doubt(next.known, port.ledger.seen()) === undefined;
        const mine = known && takeLock(node, { run: key.run, epoch, ...holder }) === undefined;
        if (mine && note?.what === 'owed') noteGuard(node, note);
        made.push(await performChange(port, next));
        if (mine && note?.what === 'back') noteGuard(node, note);
      }
      return allMade(orders, made);
    },
    ...lockActivities(async () => cluster.all.map((node) => lockPort(node))),
    unmet: async ({ changes }) =>
      changes
        .filter((change) => {
          const node = cluster.node(change.node);
          return !node.answers || !verbOf(change).wanted(node, change.given ?? {});
        })
        .map(({ title }) => title),
    pinHostKey: async ({ node: name, shown }) => {
      const node = cluster.node(name);
      if (node.hostKey !== 'known' && shown !== keyOf(node))
        throw fail(
          'Refused',
          { node: name, title: 'Take its host key for the known one' },
          'it shows another key now.',
        );
      node.hostKey = 'known';
    },
    keepalivedSecret: async ({ run, given }) => ({
      reference: given ?? `file:/made-for-${run}`,
      complaints: cluster.complaintsAboutSecret,
    }),
    finish: async (report) => {
      cluster.reports.push(report);
    },

    whoMayDecide: async () => cluster.approval,
    verifySignature: async () => ({ rejected: 'Nobody signs on the model.' }),
    tell: async () => {},

    nodes: async ({ nodes }) => nodes.map((name) => cluster.node(name).see()),
    histories: async ({ nodes, run, beside = [] }) => {
      const recovered = nodes.map((name) => {
        const facts = ofRun(name, run);
        if (!facts)
          throw fail('Failed', { node: name, title: 'Collect what was read' }, 'this run has read nothing here.');
        return facts;
      });
      const { seqnos, from, to } = positionsToAsk(recovered);
      const caches = [...nodes, ...beside].map((name) => reach(name, 'Read galera.cache').cache(seqnos, from, to));
      return { recovered, caches, seals: sealsOf(nodes, run) };
    },
    seals: async ({ nodes, run }) => {
      cluster.timePasses(); // somebody is asked, and thinks about it
      return sealsOf(nodes, run);
    },
    lineage: async ({ seen }) => {
      const reached = seen.filter(isReached);
      const recovered = reached.map((one) => {
        const { lastView } = cluster.node(one.node).recover();
        const position = positionSeen(one);
        return { node: one.node, position, touched: [], ...(wsrepOf(one) && lastView && { lastView }) };
      });
      const { seqnos, from, to } = positionsToAsk(recovered);
      return { recovered, caches: reached.map(({ node }) => cluster.node(node).cache(seqnos, from, to)) };
    },
    installed: async ({ nodes }) =>
      nodes.map((name) =>
        reach(name, 'Look at what is installed').installed([...cluster.nodes.keys()], cluster.addressOf(name)),
      ),
    secrets: async () => cluster.secrets,
    servers: async ({ nodes, addresses }) =>
      nodes.map((name) => reach(name, 'See what the servers are like').serverSeen(addresses[name] ?? '')),
    routes: async ({ routes }) =>
      routes.map((route) => {
        const { files, servesBy } = reach(route.node, 'See which way it takes');
        return { ...route, taken: servesBy === '{}' || servesBy !== JSON.stringify(files) ? '' : route.via };
      }),
    inventory: async () => {
      const names = [...cluster.nodes.keys()];
      return {
        addresses: Object.fromEntries(names.map((name) => [name, cluster.addressOf(name)])),
        vips: ['192.0.2.10'],
        managementVips: Object.fromEntries(names.map((name) => [name, '192.0.2.10'])),
        zones: [{ name: '', nodes: names, vips: ['192.0.2.10'] }],
        files: cluster.ourFiles,
        logins: {
          webservices: { user: 'packet', password: 'env:WEBSERVICES_PASSWORD' },
          replication: { user: 'pfcluster', password: 'env:REPLICATION_PASSWORD' },
        },
      };
    },

    hostKey: async ({ node: name }) => {
      const node = cluster.node(name);
      const { hostKey: verdict } = node;
      if (!node.reachable) return { node: name, verdict: 'unknown', shown: '', known: [], because: 'no route to host' };
      return verdict === 'known'
        ? { node: name, verdict, shown: '', known: [] }
        : {
            node: name,
            verdict,
            shown: keyOf(node),
            known: verdict === 'changed' ? ['ssh-ed25519 SHA256:before'] : [],
          };
    },
    configuration: async ({ nodes }) => ({
      ours: cluster.clusterConf,
      seen: nodes.map((name) => reach(name, 'See how they are configured').configured()),
    }),
    checkup: async ({ nodes }) =>
      nodes.map((node) => {
        const { primary } = reach(node, 'See what checkup says');
        const noDatabase = 'FATAL - Unable to connect to your database. Please verify your connection settings.';
        const complaints = [...(primary ? [] : [noDatabase]), ...cluster.complaints];
        const lines = ['Checking configuration sanity...', ...complaints];
        return { node, code: complaints.length > 0 ? 255 : 0, lines };
      }),
    data: async ({ nodes }) => nodes.map((name) => reach(name, 'See what it holds').dataHeld()),

    untilSynced: async ({ node: name }) => {
      for (let looks = 0; ; looks++) {
        heartbeat(looks);
        const node = reach(name, 'Wait until it is Synced');
        if (looks >= enough) cluster.arrive(node);
        if (node.synced) return;
        cluster.timePasses();
        await sleep(5);
      }
    },
    untilRebooted: async ({ node: name, bootId }) => {
      for (let looks = 0; `boot-${reach(name, 'Wait until it is up again').boot}` === bootId; looks++) {
        heartbeat(looks);
        await sleep(5);
      }
    },
    untilServed: async ({ nodes }) => {
      const here = nodes.map((name) => cluster.node(name));
      const serves = (node: ModelNode) => node.services && node.synced;
      for (let looks = 0; !here.some(serves) || cluster.vipHolders !== 1; looks++) {
        heartbeat(looks);
        await sleep(5);
      }
    },
    compareContent: async ({ nodes }) => compare(nodes.map((name) => cluster.node(name))),
  };
}

const keyOf = ({ name, machineId }: ModelNode): string => `ssh-ed25519 SHA256:${name}-${machineId}`;

export function lockPort(node: ModelNode): LockPort {
  const here = () => {
    if (!node.answers) throw new Unreachable(node.name, 'no route to host', 'Is it up?');
    return node;
  };
  return {
    node: node.name,
    see: async () => ({ node: here().name, ...(node.lock && { lock: node.lock }), over: [...node.over] }),
    take: async (claim) => {
      const why = takeLock(here(), claim);
      if (why === undefined) node.ledger.set(`${claim.run}/lock/${node.ledger.size}`, { digest: '', done: 'done' });
      return why ?? ledgerOf(node);
    },
    give: async ({ run }) => {
      const { lock } = here();
      if (lock?.run === run) node.lock = { ...lock, held: false };
    },
  };
}

const ledgerOf = ({ ledgerId, ledger, machineId }: ModelNode): LedgerSeen => ({
  ledger: ledgerId,
  counter: ledger.size,
  machine: machineId,
});

/** As lock.sh does it. */
function takeLock(node: ModelNode, { run, owner, host, epoch, over = [] }: Claim): string | undefined {
  const { lock } = node;
  if (lock?.held && lock.run === run && lock.epoch === epoch) return undefined;
  if (lock && (lock.epoch >= epoch || (lock.held && ![run, ...over].includes(lock.run))))
    return `locked: ${lock.epoch} ${lock.run} ${lock.owner} ${lock.host} ${lock.since} ${lock.held ? 'held' : 'free'}`;
  if (lock && !lock.held) node.over.push(lock);
  node.lock = { run, owner, host, epoch, since: '2026-11-24T03:12:00Z', held: true };
  return undefined;
}

function noteGuard({ owed, owedStopped }: ModelNode, note: GuardNote): void {
  if (note.what === 'owed') {
    owed[fileOf(note)] = note.change.inverse?.title ?? note.change.title;
    if (!ranBefore(note.change)) owedStopped.add(fileOf(note));
  } else
    for (const file of Object.keys(owed).filter((name) => name.endsWith(`.${endOf(note)}`))) {
      delete owed[file];
      owedStopped.delete(file);
    }
}

export function portOf(cluster: ModelCluster, node: ModelNode): NodePort {
  return {
    lock: (claim) => takeLock(node, claim),
    ledger: {
      seen: () => ledgerOf(node),
      find: (key) => node.ledger.get(key),
      begin: (key, digest) => {
        node.ledger.set(key, { digest });
      },
      end: (key, digest, done) => {
        node.ledger.set(key, { digest, done });
      },
    },
    holds: async (change: Change, what) => {
      const rule = verbOf(change)[what];
      return rule ? rule(node, change.given ?? {}) : true;
    },
    act: async (change) => {
      cluster.acts.push(`${change.verb} ${node.name}`);
      verbOf(change).act(node, change.given ?? {}, cluster);
      cluster.settle();
      if (cluster.vipHolders > 1) cluster.servedTwice.push(`${change.verb} ${node.name}`);
    },
  };
}

function compare([reference, ...others]: readonly ModelNode[]): ContentSeen {
  return {
    reference: reference?.name ?? '',
    others: others.map((node) => {
      const equal = reference !== undefined && node.isPrefixOf(reference) && reference.isPrefixOf(node);
      return { node: node.name, result: equal ? 'equal' : 'differs', tables: equal ? [] : ['pf.acknowledged'] };
    }),
    tables: 1,
    seconds: 0,
  };
}
