/**
 * `pfrunbook new-cluster NAME [--answers FILE]`: the folder of a cluster that is to be set up, from answers. Asks no server.
 * Exit 0: both files are written; 2: bad input, and nothing was.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { input } from '@inquirer/prompts';
import { Command } from 'commander';
import { clusterFolder, isClusterName } from '../cluster/places.js';
import { untouched } from '../cluster/text.js';
import { type NewCluster, readAnswers } from './answers.js';
import { askCluster } from './ask-cluster.js';
import { BadSettings, loadCluster, places } from './settings.js';

const command = new Command('pfrunbook new-cluster')
  .description('write cluster.conf and access.ini of a new cluster, from questions or a file of answers')
  .argument('<name>', 'what to call it: its folder under clusters/')
  .option('--answers <file>', 'ask nothing: docs/new-cluster.md')
  .addHelpText(
    'after',
    '\nExample:\n  pfrunbook new-cluster hq --answers hq.ini\n\nExit code: 0 written, 2 bad input (nothing was written).',
  )
  .configureOutput(untouched)
  .showHelpAfterError()
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();

const [name = ''] = command.args;
const { answers } = command.opts<{ answers?: string }>();
const folder = clusterFolder(places(), name);
const files = { clusterConf: `${folder}/cluster.conf`, accessIni: `${folder}/access.ini` };
process.exitCode = await main();

async function main(): Promise<number> {
  const complaints = [
    ...(isClusterName(name) ? [] : [`"${name}" cannot be a cluster's name. Use letters, digits, ".", "-" and "_".`]),
    ...Object.values(files).flatMap((file) =>
      existsSync(file) ? [`${file} is there already, and stays as it is. Choose another name, or move it away.`] : [],
    ),
  ];
  let given: NewCluster | undefined;
  if (answers !== undefined) {
    const text = await readFile(answers, 'utf8').catch((error: NodeJS.ErrnoException) => {
      complaints.push(`${answers} cannot be read (${error.code}).`);
    });
    if (text !== undefined) given = readAnswers(text, answers);
  } else if (!process.stdin.isTTY || !process.stdout.isTTY) {
    complaints.push('Nobody can be asked here: pass --answers FILE (docs/new-cluster.md).');
  } else if (complaints.length === 0) {
    const text = await askCluster(name, (question) => input(question));
    given = readAnswers(text, 'answers');
    if (given.complaints.length > 0) console.error(`What you answered, to mend and to pass with --answers:\n\n${text}`);
  }
  complaints.push(...(given?.complaints ?? []));
  if (!given || complaints.length > 0) {
    for (const complaint of complaints) console.error(complaint);
    console.error('Nothing was written.');
    return 2;
  }
  for (const words of given.warnings) console.error(words);
  try {
    await write(given);
  } catch (error) {
    if (!(error instanceof Error && 'path' in error)) throw error;
    console.error(`${error.message}. Nothing was written.`);
    return 2;
  }
  console.log(`Written: ${files.clusterConf}, ${files.accessIni}`);
  const gaps = await gapsLeft();
  if (gaps.length > 0) console.log(`Before the first run:\n${gaps.map((gap) => `  ${gap}`).join('\n')}`);
  console.log(`Then: pfrunbook start prepare-nodes ${name}`);
  console.log(`And when the servers are prepared: pfrunbook start setup-cluster ${name}`);
  return 0;
}

/** Both or none, and never over what is there. */
async function write({ clusterConf, accessIni }: NewCluster): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(files.clusterConf, clusterConf, { flag: 'wx', mode: 0o644 });
  try {
    await writeFile(files.accessIni, accessIni, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    await unlink(files.clusterConf);
    throw error;
  }
}

/** Keys and secrets that the files name and that are not there yet. */
async function gapsLeft(): Promise<readonly string[]> {
  try {
    await loadCluster(name);
    return [];
  } catch (error) {
    if (!(error instanceof BadSettings)) throw error;
    return error.complaints;
  }
}
