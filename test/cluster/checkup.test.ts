import { expect, test } from 'vitest';
import { checkupVerdict } from '../../cluster/checkup.js';

const database = 'FATAL - Cannot connect to database to check schema version: Unable to connect to database';
const noise = 'Could not write namespace config::Cluster(DEFAULT) to L2 cache !';
const head = 'Checking configuration sanity...';

/** Up to 9.0 it says nothing before its complaints (reference/packetfence.md 1.6). */
test.each<[string, readonly string[], number, string | undefined]>([
  ['clean', [noise, head], 0, undefined],
  ['of 7.4, clean', [], 0, undefined],
  ['of 7.4, clean but for noise', [noise], 0, undefined],
  ['of 7.4, with the database away', [database], 255, undefined],
  ['with the database away', [head, database], 255, undefined],
  ['of 7.4, with a warning', ['WARNING - networks.conf is empty'], 1, undefined],
  ['of 7.4, with a complaint', [database, 'FATAL - management_ip is not defined for pf1'], 255, 'not defined for pf1'],
  ['that could not load', ['module pf::cmd::pf::checkup cannot be loaded', 'Usage: pfcmd'], 0, 'did not run'],
  ['that printed its usage', ['Usage: pfcmd'], 0, 'did not run'],
  ['that was ended', [], 124, 'did not run'],
  ['that was ended in the middle', [head], 124, 'did not run'],
])('a checkup %s', (_, lines, code, complaint) => {
  const { refusal } = checkupVerdict({ seen: [{ node: 'pf1', code, lines }], databaseMayBeAway: true });
  if (complaint === undefined) expect(refusal).toBeUndefined();
  else expect(refusal).toContain(complaint);
});

test('a checkup that says nothing did not run, where the version always says what it does', () => {
  for (const lines of [[], [database]])
    expect(
      checkupVerdict({ seen: [{ node: 'pf1', code: 0, lines }], databaseMayBeAway: true, announces: true }).refusal,
    ).toMatch(/pf1: checkup did not run/);
  expect(checkupVerdict({ seen: [{ node: 'pf1', code: 0, lines: [head] }], announces: true }).refusal).toBeUndefined();
});
