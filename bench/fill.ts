/** Data for a full copy to carry. */
import { runSql } from '../lab/sql.js';
import type { Site } from './site.js';

/** Random bytes: what compresses would flatter a copy. In transactions of 20 MB. */
export async function fill({ lab }: Site, megabytes: number): Promise<void> {
  const [first = ''] = lab.nodes;
  const has = async () => {
    const [row] = await runSql(lab, first, 'select count(*) from pf.bench_ballast');
    return Number(row?.[0] ?? 0) / 1000;
  };
  await runSql(
    lab,
    first,
    'create table if not exists pf.bench_ballast (id int auto_increment primary key, pad varbinary(1000) not null)',
  );
  while ((await has()) < megabytes)
    await runSql(lab, first, 'insert into pf.bench_ballast (pad) select random_bytes(1000) from pf.seq_1_to_20000');
  await runSql(lab, first, 'purge binary logs before now()'); // the lab's disks are small
}
