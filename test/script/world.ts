/** Where the script is played: on the model (on-model.ts), or on real nodes (on-lab.ts). */
import type { Acts, Looks, Watches } from '../../activities/contract.js';
import type { NodeName } from '../../cluster/words.js';

export interface World {
  /** As the activities name it. */
  readonly cluster: string;
  readonly nodes: readonly NodeName[];
  readonly activities: Pick<Acts, 'change' | 'unlock'> &
    Pick<Looks, 'nodes' | 'histories' | 'seals' | 'inventory'> &
    Pick<Watches, 'untilSynced'>;
  /** What befalls the nodes; nothing of it is asked of the activities. */
  readonly befall: Befall;
  /** Lets happen what happens by itself, for about a second. */
  passTime(): Promise<void>;
}

export interface Befall {
  /** Rows, written through the first node that serves. */
  write(rows: number): Promise<void>;
  /** pf3 first, pf1 last; the last may be killed, alone and Primary. */
  gracefulStop(how?: { readonly crashLast?: boolean }): Promise<void>;
  /** `systemctl start` and `stop` of the database's unit, by hand. */
  start(node: NodeName): Promise<void>;
  stop(node: NodeName): Promise<void>;
  /** The marker of `cluster/maintenance`. */
  maintain(node: NodeName, on: boolean): Promise<void>;
  powerCut(how: { readonly tornView?: NodeName; readonly stayOff?: readonly NodeName[] }): Promise<void>;
  lose(node: NodeName): Promise<void>;
  boot(node: NodeName): Promise<void>;
  /** Stopped, a file without which no server comes up removed, and started. */
  ruin(node: NodeName): Promise<void>;
  /** pf1 alone, and the others, each take rows that the other side lacks; then every database stops. */
  splitBrain(): Promise<void>;
  /** A file beside the data: a full copy, or a wipe, removes it. */
  mark(): Promise<void>;
  marked(node: NodeName): Promise<boolean>;
}
