/** What `pfcmd checkup` says, by meaning: its exit code says nothing of which complaint it was. Source: reference/packetfence.md 1.6, C1. */
import { refused, type Unhashed } from './finding.js';
import type { Finding, NodeName } from './words.js';

export interface CheckupSeen {
  readonly node: NodeName;
  readonly code: number;
  readonly lines: readonly string[];
}

/** While the database is not there yet, these are as expected. */
const ofDatabase =
  /Unable to connect to your database|Cannot connect to database to check schema|person user id "\w+" must exist/;

export function checkupVerdict({
  seen,
  databaseMayBeAway = false,
  announces = false,
}: {
  readonly seen: readonly CheckupSeen[];
  readonly databaseMayBeAway?: boolean;
  /** It always says first what it does: where it says nothing, it did not run. */
  readonly announces?: boolean;
}): Unhashed<Finding> {
  const fatal = seen.flatMap(({ node, code, lines }) => {
    const broken = lines.find((line) => line.includes('cannot be loaded'));
    if (!ran(code, lines, announces) || broken !== undefined)
      return [`${node}: checkup did not run: ${broken ?? lines.at(-1) ?? `exit code ${code}`}.`];
    return lines
      .filter((line) => line.startsWith('FATAL') && !(databaseMayBeAway && ofDatabase.test(line)))
      .map((line) => `${node}: ${line}`);
  });
  const warnings = seen.flatMap(({ node, lines }) =>
    lines.filter((line) => line.startsWith('WARNING')).map((line) => `${node}: ${line}`),
  );
  return {
    verdict: [...(fatal.length > 0 ? fatal : ['PacketFence’s own checkup finds nothing fatal.']), ...warnings],
    ...refused(fatal),
  };
}

/** From 9.1 on it first says what it does. Before, there are only its complaints, and where it has none it says nothing. */
function ran(code: number, lines: readonly string[], announces: boolean): boolean {
  const said = lines.filter((line) => !line.includes('to L2 cache !'));
  if (said.length === 0) return code === 0 && !announces;
  const begins = announces ? /^Checking configuration sanity/ : /^(Checking configuration sanity|(FATAL|WARNING) - )/;
  return [0, 1, 255].includes(code) && said.some((line) => begins.test(line));
}
