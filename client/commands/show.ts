/** `pfrunbook show RUN`: the whole of it, as it stands now. */
import { withTemporal } from '../connect.js';
import { type ExitCode, exits, Mistake } from '../exit.js';
import { findRun, look } from '../runs.js';
import { sightToJson } from '../show/json.js';
import { afterLines, answerLines, headLine, pendingLines, questionLines, stepLines } from '../show/run.js';
import { width } from '../show/text.js';
import { report, reportFile } from './report.js';

export async function show(name: string, { json = false }: { json?: boolean }): Promise<ExitCode> {
  try {
    return await withTemporal(async (reached) => {
      const run = await findRun(reached.client, name);
      const sight = await look(reached.client, run);
      const { progress, status, waitingFor, pending } = sight;
      if (json) console.log(JSON.stringify(sightToJson(reached, run, sight)));
      else if (!progress) {
        console.log(
          `${run.name}: ${status.toLowerCase()}${waitingFor ? `, waits for an answer to ${waitingFor}` : ''}.`,
        );
        console.log(
          status === 'RUNNING'
            ? 'No worker answers, so its steps cannot be shown. See: pfrunbook status'
            : 'It left no report.',
        );
        for (const line of pendingLines(pending, Date.now(), width())) console.log(line);
      } else {
        const now = Date.now();
        const lines = [
          headLine(progress, now, 'endedAt' in progress ? progress.endedAt : now),
          ...progress.steps.flatMap((step) => stepLines(step, now, width())),
          ...pendingLines(pending, now, width()),
          ...afterLines(progress, width()),
          ...('because' in progress && progress.because ? [progress.because] : []),
          ...(progress.question
            ? [...questionLines(progress.question, width()), ...answerLines(run.name, progress.question)]
            : []),
        ];
        console.log(lines.join('\n'));
      }
      return exits.done;
    });
  } catch (error) {
    // Temporal is down, or has forgotten the run: what it left in the state folder is still there.
    if (error instanceof Mistake && (await reportFile(name, 'report.md'))) return report(name, { json });
    throw error;
  }
}
