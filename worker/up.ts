/** The program behind `pfrunbook up`: server and worker under one supervisor. Started under flock; see client/embedded.ts. */
import { fileURLToPath } from 'node:url';
import { places } from './settings.js';
import { supervise } from './supervisor.js';
import { version } from './version.js';

const main = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? 'main.ts' : 'main.js', import.meta.url));

await supervise({
  state: places().state,
  version: version(),
  worker: { file: 'setpriv', args: ['--pdeathsig', 'TERM', process.execPath, ...process.execArgv, main] },
});
