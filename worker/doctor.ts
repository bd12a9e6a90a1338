/**
 * `pfrunbook doctor [CLUSTER] [--json]`: would a recovery find what it needs? Reads over SSH, changes nothing, starts nothing.
 * Exit 0: nothing stands in its way; 1: something does; 2: bad input. Made to be run by a timer: docs/doctor.md.
 */
import { Command } from 'commander';
import { judges } from '../activities/judge.js';
import { lookActivities } from '../activities/look/index.js';
import { readHeldPorts, readKits } from '../activities/look/kit.js';
import type { SshPool } from '../activities/ssh/pool.js';
import { type Check, hinders } from '../cluster/doctor/check.js';
import { doctor } from '../cluster/doctor/doctor.js';
import type { Machine } from '../cluster/doctor/kit.js';
import { machineChecks } from '../cluster/doctor/machine.js';
import { wsrepOf } from '../cluster/seen.js';
import { untouched } from '../cluster/text.js';
import { checksInWords, type Told } from './doctor-words.js';
import { looking } from './looking.js';
import { readMachine } from './machine.js';
import { BadSettings, clusterNames, loadCluster, places } from './settings.js';

const command = new Command('pfrunbook doctor')
  .description('would a recovery find what it needs? changes nothing, needs no Temporal')
  .argument('[cluster]', 'its folder under clusters/; all of them unless told')
  .option('--json', 'print every check as one JSON array')
  .option('--quiet', 'print only what is not fine; nothing where all is')
  .addHelpText('after', '\nExit code: 0 nothing would hinder a recovery, 1 something would, 2 bad input.')
  .configureOutput(untouched)
  .showHelpAfterError()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();

const [only] = command.args;
const { json = false, quiet = false } = command.opts<{ json?: boolean; quiet?: boolean }>();
process.exit(await looking(main));

async function main(pool: SshPool): Promise<number> {
  const known = await clusterNames();
  if (only !== undefined && !known.includes(only)) await loadCluster(only); // says what is known
  const machine = await readMachine();
  const told: Told[] = [...machineChecks(machine), ...(known.length === 0 ? [noCluster()] : [])].map((check) => ({
    cluster: null,
    ...check,
  }));
  for (const cluster of only === undefined ? known : [only])
    told.push(...(await examine(pool, cluster, machine)).map((check) => ({ cluster, ...check })));
  const shown = quiet ? told.filter(({ severity }) => severity !== 'fine') : told;
  if (json)
    console.log(JSON.stringify(shown.map(({ node = null, remedy = null, ...rest }) => ({ ...rest, node, remedy }))));
  else if (shown.length > 0) console.log(checksInWords(shown));
  return told.some(({ severity }) => severity === 'hinders') ? 1 : 0;
}

function noCluster(): Check {
  const remedy = `Put its cluster.conf and an access.ini into ${places().config}/clusters/NAME.`;
  return hinders('settings', 'This machine knows no cluster.', remedy);
}

async function examine(pool: SshPool, name: string, machine: Machine): Promise<readonly Check[]> {
  try {
    const access = await loadCluster(name);
    const looks = lookActivities(pool, async () => access);
    const nodes = access.nodes.map(({ node }) => node);
    const seen = await looks.nodes({ cluster: name, nodes });
    const asked = seen.find(wsrepOf)?.node;
    const macs = machine.interfaces.map(({ mac }) => mac);
    const [kits, heldPorts, diagnosis] = await Promise.all([
      readKits(pool, access, seen),
      asked === undefined ? undefined : readHeldPorts(pool, access, asked, macs),
      judges.diagnosis({ cluster: { name, nodes }, seen, vips: access.vips }),
    ]);
    return doctor({
      ...{ cluster: name, seen, kits, diagnosis, vips: access.vips, clusterConf: access.clusterConf },
      ...{ machine, now: Date.now() },
      addresses: new Map(access.nodes.map(({ node, address }) => [address, node])),
      ...(heldPorts && { heldPorts }),
    });
  } catch (error) {
    if (!(error instanceof BadSettings)) throw error;
    return error.complaints.map((complaint) => hinders('settings', complaint, 'See docs/access.md.'));
  }
}
