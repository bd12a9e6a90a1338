/**
 * Holds PacketFence's programs to their tables. In the lab by itself; on a real node with
 *   STANDINS_NODE='-i key root@192.0.2.1'
 * which is then disturbed: it must be one of at least three of a cluster that serves nobody, neither the first nor the last of
 * cluster.conf, with the cluster check off (`[cluster_check] status=disabled`) on all of them.
 */
import { afterAll, beforeAll } from 'vitest';
import { down } from '../../../lab/down.js';
import { galeraAutofix } from './galera-autofix.cases.js';
import { generated } from './generated.cases.js';
import { holdTable, labNode } from './hold.js';
import { maintenance } from './maintenance.cases.js';
import { node } from './node.cases.js';
import { pfMariadb } from './pf-mariadb.cases.js';
import { pfcmd } from './pfcmd.cases.js';
import type { Destination } from './run.js';
import { service } from './service.cases.js';
import { sync } from './sync.cases.js';
import { webservices } from './webservices.cases.js';

const LAB = 'standins';
const TABLES = [generated, node, pfcmd, webservices, sync, service, maintenance, pfMariadb, galeraAutofix];

const real = process.env.STANDINS_NODE?.split(' ');
let destination: Destination;

beforeAll(async () => {
  destination = real ?? (await labNode(LAB));
}, 300_000);

afterAll(async () => {
  if (real === undefined && process.env.STANDINS_KEEP === undefined) await down(LAB);
}, 120_000);

for (const table of TABLES) holdTable(table, () => destination);
