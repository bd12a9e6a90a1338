/** Asks the person at the terminal. The question may be answered elsewhere meanwhile: then the prompt goes away. */
import { input, select } from '@inquirer/prompts';
import type { Question } from '../workflows/messages.js';
import { me } from './settings.js';
import { ink } from './show/ink.js';
import type { Answer } from './sign.js';

const later = 'later';

export type Asked = Answer | 'later' | 'answered elsewhere';

export async function askPerson(question: Question, gone: AbortSignal): Promise<Asked> {
  const { token, evidence } = question;
  const names = Object.keys(evidence.choices);
  try {
    const choice = await select(
      {
        message: `Your decision, ${me()}?`,
        choices: [
          ...names.map((name) => ({ name, value: name, description: evidence.choices[name] ?? '' })),
          { name: ink.dim('decide later'), value: later, description: 'The run waits. Come back at any time.' },
        ],
        // The cursor starts at the go-on choice, and where there is none at the one that does nothing.
        default: evidence.goOn ?? later,
        loop: false,
      },
      { signal: gone },
    );
    if (choice === later) return 'later';
    const needed = choice === 'skip';
    const reason = await input(
      {
        message: needed ? 'Reason (goes into the report):' : 'Reason (may be empty; goes into the report):',
        validate: (text) => !needed || text.trim() !== '' || 'To skip needs a reason.',
      },
      { signal: gone },
    );
    return { token, choice, ...(reason.trim() && { reason: reason.trim() }) };
  } catch (error) {
    if (gone.aborted) return 'answered elsewhere';
    if (error instanceof Error && error.name === 'ExitPromptError') return 'later'; // Ctrl-C
    throw error;
  }
}
