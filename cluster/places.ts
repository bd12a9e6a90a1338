/** Where things stand on the operator's machine. Pure: the environment comes in as a value. */

export interface Places {
  /** Holds clusters/<name>/{cluster.conf,access.ini}. */
  readonly config: string;
  /** Temporal's database, logs, reports and histories of runs. */
  readonly state: string;
}

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly root: boolean;
}

/** PFRUNBOOK_HOME holds everything; else root has the system's folders, anybody else their own. Never the current folder. */
export function placesOf({ env, home, root }: Surroundings): Places {
  const own = env.PFRUNBOOK_HOME;
  if (own && !own.startsWith('/')) throw new Error(`PFRUNBOOK_HOME is "${own}": it must be an absolute path.`);
  if (own) return { config: own, state: `${own}/state` };
  if (root) return { config: '/etc/pfrunbook', state: '/var/lib/pfrunbook-server' };
  return {
    config: `${env.XDG_CONFIG_HOME || `${home}/.config`}/pfrunbook`,
    state: `${env.XDG_STATE_HOME || `${home}/.local/state`}/pfrunbook`,
  };
}

export const clusterFolder = ({ config }: Places, cluster: string): string => `${config}/clusters/${cluster}`;

/** It is a folder's name, and a part of a run's. */
export const isClusterName = (name: string): boolean => /^\w[\w.-]*$/.test(name);

/** "hq/20261123-0312-7f3a". It may come from anyone who reaches Temporal, and must not lead out of a folder. */
export const isRunName = (run: string): boolean => /^\w[\w.-]*\/\w[\w.-]*$/.test(run);

/** `run` is "hq/20261123-0312-7f3a": report.md, report.json and history.json stand in its folder. */
export const runFolder = (state: string, run: string): string => `${state}/runs/${run}`;

/** What a run made for itself and only the worker may read. */
export const secretFile = (state: string, run: string, name: string): string => `${state}/secrets/${run}/${name}`;

/** A plan that was made here, so that a later one can be compared with it. */
export const planFile = (state: string, cluster: string, hash: string): string =>
  `${state}/plans/${cluster}/${hash}.json`;

/** Kept installations, one folder each: worker/releases.ts. */
export const releasesFolder = (state: string): string => `${state}/releases`;
export const releaseFolder = (state: string, release: string): string => `${releasesFolder(state)}/${release}`;

/** What `up` keeps in the state folder. The lock files are held by flock: they outlive nobody. */
export const supervisorFiles = (state: string) => ({
  lock: `${state}/supervisor.lock`,
  status: `${state}/supervisor.json`,
  log: `${state}/supervisor.log`,
  serverLock: `${state}/temporal.lock`,
  database: `${state}/temporal.db`,
});

/** supervisor.json. Believe it only while the supervisor's lock is held. */
export interface SupervisorStatus {
  readonly pid: number;
  readonly release: string;
  readonly startedAt: string;
  /** "starting: ..." tells what it is at; "failed: ..." why it gave up. */
  readonly phase: 'starting' | 'up' | 'failed';
  readonly words: string;
  readonly address: string;
  readonly namespace: string;
  /** Of the Web UI; absent where Temporal is not ours. */
  readonly ui?: string;
  /** Absent: not running at the moment, or not ours. */
  readonly serverPid?: number;
  readonly workerPid?: number;
  /** How often each had to be started again. */
  readonly restarts: { readonly server: number; readonly worker: number };
  /** Why this release could not be kept: its worker runs from the installation, which must stay as it is. */
  readonly notKept?: string;
  readonly others: readonly OtherRelease[];
}

/** Not the one that is up; runs are still open that began with it. */
export interface OtherRelease {
  readonly release: string;
  readonly runs: readonly string[];
  readonly workerPid?: number;
  readonly restarts: number;
  /** Why no worker of it runs here, and what to do. */
  readonly trouble?: string;
}
