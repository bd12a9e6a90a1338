/** What a run found or did, in words: for its report, for the terminal, and for `pfrunbook diagnose`, which is no run. Pure. */
import type { ContentSeen } from '../cluster/content.js';
import type { Diagnosis } from '../cluster/diagnosis.js';
import type { Rejoin } from '../cluster/recovery.js';

export interface Section {
  /** Absent: what comes first needs none. */
  readonly heading?: string;
  readonly lines: readonly string[];
  /** First row is the heading. */
  readonly table?: readonly (readonly string[])[];
}

/** What full-recovery and its kin return. `aside`: where its data stands now. */
interface Recovered {
  readonly kept: string;
  readonly rejoined: readonly (Rejoin & { readonly aside?: string })[];
  /** Set where not all that kept their data could be compared. */
  readonly tables?: ContentSeen;
  readonly leftOut?: readonly string[];
  /** What is left to people, and what else is worth a line. */
  readonly notes?: readonly string[];
}

export function resultInWords(result: unknown): readonly Section[] {
  if (result === undefined || result === null) return [];
  if (isDiagnosis(result)) return diagnosisInWords(result);
  if (isRecovered(result)) return [{ lines: recoveredInWords(result) }];
  if (typeof result !== 'object') return [{ lines: [String(result)] }];
  return [{ lines: Object.entries(result).map(([name, value]) => `${inWords(name)}: ${textOf(value)}`) }];
}

export function diagnosisInWords({
  condition,
  summary,
  table,
  verdict,
  findings,
  wouldChange,
  recommended,
}: Diagnosis): readonly Section[] {
  const besides = findings.filter(({ words }) => !summary.includes(words));
  // Each remedy once: beside what it is for, or as what is recommended.
  const told = [...besides.map(({ remedy }) => remedy), recommended?.command];
  const sections: Section[] = [
    { lines: [`${condition}: ${summary}`], table },
    { heading: 'Histories', lines: verdict.filter((line) => / (SAME|DIFFERENT|UNKNOWN) history/.test(line)) },
    {
      heading: 'Found besides',
      lines: besides.map(({ node, words, remedy }) =>
        [node && !words.includes(node) ? `${node}: ${words}` : words, remedy].filter(Boolean).join(' '),
      ),
    },
    { heading: 'What would change this answer', lines: wouldChange.filter((line) => !told.includes(line)) },
    {
      heading: 'Recommended',
      lines: recommended ? [recommended.command, ...(recommended.next ? [`then ${recommended.next}`] : [])] : [],
    },
  ];
  return sections.filter(({ lines }) => lines.length > 0);
}

function recoveredInWords({ kept, rejoined, tables, leftOut = [], notes = [] }: Recovered): readonly string[] {
  return [
    `Kept: ${kept}.`,
    ...rejoined.map(
      ({ node, way, because, aside }) =>
        `${node} came back by ${way}: ${because}.${aside ? ` What it had stands in ${node}:${aside}.` : ''}`,
    ),
    ...(rejoined.length > 0 && rejoined.every(({ way }) => way === 'full copy')
      ? ['Tables: not compared; who came back was copied whole.']
      : []),
    ...(tables ? notCompared(tables) : []),
    ...leftOut.map((node) => `${node} was left out, behind a barrier: full-recovery, run again, brings it back.`),
    ...notes,
  ];
}

const notCompared = ({ reference, others }: ContentSeen): readonly string[] =>
  others
    .filter(({ result }) => result === 'not compared')
    .map(({ node, because }) => `Tables: ${node} was not compared with ${reference}: ${because}.`);

const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return JSON.stringify(value);
  return value.length > 0 ? value.map(textOf).join(', ') : 'none';
};

/** "setAside" -> "set aside" */
export const inWords = (name: string): string =>
  name.replaceAll('_', ' ').replace(/[a-z][A-Z]/g, ([one, two]) => `${one} ${two?.toLowerCase()}`);

const isDiagnosis = (value: unknown): value is Diagnosis => has(value, 'condition', 'summary', 'findings', 'table');
const isRecovered = (value: unknown): value is Recovered => has(value, 'kept', 'rejoined');

const has = (value: unknown, ...keys: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && keys.every((key) => key in value);
