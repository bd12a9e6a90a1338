/** The cases of full recovery in which a person must know more: a node that stays off, two histories, no evidence. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Diagnosis } from '../../cluster/diagnosis.js';
import { boot } from '../../lab/machine.js';
import { gracefulStop } from '../../lab/scenarios/graceful-stop.js';
import { removeLineage } from '../../lab/scenarios/no-lineage.js';
import { powerCut } from '../../lab/scenarios/power-cut.js';
import { splitBrain } from '../../lab/scenarios/split-brain.js';
import { reset } from '../../lab/up.js';
import { startWriter, stopWriter } from '../../lab/writer.js';
import type { Handoff } from '../../worker/plan/handoff.js';
import { Stage, seen } from '../lab/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open('hard');
});
afterAll(async () => stage.close());

const diagnosed = () => stage.json<Diagnosis>('diagnose', stage.name);
/** Follows the run to its end: it asks nothing more, and is done. */
const goesOn = async () => {
  const { code, all } = await stage.type('watch', stage.name);
  expect(code, all).toBe(0);
};

describe('a node that stays off', () => {
  beforeEach(async () => {
    await stopWriter(stage.lab);
    await reset(stage.name);
  });

  test('is kept out by a barrier, and let in by a second run', async () => {
    await startWriter(stage.lab);
    await powerCut(stage.lab, stage.lab.nodes, { stayOff: ['pf3'] });
    await seen('that two wait for the third', 90_000, async () =>
      (await diagnosed()).condition === 'waiting for the whole view' ? true : undefined,
    );

    expect((await stage.type('start', 'full-recovery', stage.name, '--detach')).code).toBe(0);
    const absent = await stage.asked();
    expect(absent.token).toMatch(/^absent-/);
    await stage.type('decide', stage.name, absent.token, 'go');
    const keep = await seen('the next question', 180_000, async () => {
      const question = (await stage.progress())?.question;
      return question?.token.startsWith('keep-') ? question : undefined;
    });
    expect(keep.evidence.goOn).toBeUndefined(); // what pf3 holds is not known: only a named decision goes on
    await stage.type('decide', stage.name, keep.token, 'pf1');
    await goesOn();
    expect(await stage.on('pf1', 'nft list table ip pfrunbook; cat /var/lib/pfrunbook/barrier/*.address')).toContain(
      '4567',
    );
    expect((await stage.type('guards', stage.name)).all).toContain('Let pf3 in again');

    await boot(stage.lab, 'pf3');
    await seen('pf3 behind the barrier', 60_000, async () =>
      (await diagnosed()).condition === 'barrier owed' ? true : undefined,
    );
    const { code, all } = await stage.type('start', 'full-recovery', stage.name, '--yes');
    const question = code === 3 ? (await stage.progress())?.question : undefined;
    if (question) {
      await stage.type('decide', stage.name, question.token, 'rejoin');
      await goesOn();
    } else expect(code, all).toBe(0);
    await seen('a healthy cluster', 60_000, async () =>
      (await diagnosed()).condition === 'healthy' ? true : undefined,
    );
    expect(await stage.onAll('nft list tables | grep pfrunbook; ls /var/lib/pfrunbook/guards')).toEqual(
      stage.lab.nodes.map(() => ''),
    );
    expect((await stage.verify()).differing).toEqual([]);
  });
});

describe('two histories', () => {
  beforeEach(async () => {
    await stopWriter(stage.lab);
    await reset(stage.name);
  });

  test.each(['same-uuid', 'uuids'] as const)(
    'under %s end there, with every node held and its data as it was',
    async (kind) => {
      await splitBrain(stage.lab, kind);
      await stage.onAll('systemctl stop packetfence-mariadb');
      const { code, all } = await stage.type('start', 'full-recovery', stage.name, '--yes');
      expect(code, all).toBe(1);
      // The terminal's width breaks the sentence where it likes.
      expect(all.replace(/\s+/g, ' ')).toContain('By hand (guide 5.3): decide which side is kept');
      expect(
        await stage.onAll(
          'systemctl is-enabled packetfence-mariadb; pgrep -x mariadbd; ls -d /var/lib/mysql.aside* 2>/dev/null',
        ),
      ).toEqual(stage.lab.nodes.map(() => 'masked'));
      expect((await stage.type('guards', stage.name)).all).toContain('Let MariaDB start again on pf1');
    },
  );
});

describe('without any evidence of lineage', () => {
  beforeEach(async () => {
    await stopWriter(stage.lab);
    await reset(stage.name);
  });

  test('only a decision that names the node goes on, and the others set their data aside', async () => {
    await startWriter(stage.lab);
    await gracefulStop(stage.lab, { crashLast: true });
    await removeLineage(stage.lab, stage.lab.nodes);
    const waited = await stage.type('start', 'full-recovery', stage.name, '--yes');
    expect(waited.code, waited.all).toBe(3);
    const question = await stage.asked();
    expect(question.evidence.goOn).toBeUndefined();
    expect(question.evidence.verdict.join('\n')).toContain('UNKNOWN');
    const [proposed = ''] = Object.keys(question.evidence.choices);
    await stage.type('decide', stage.name, question.token, proposed);
    await goesOn();
    const aside = await stage.onAll('ls -d /var/lib/mysql.aside-* | grep -v manifest | wc -l');
    expect(aside.toSorted()).toEqual(['0', '1', '1']);
    expect((await stage.verify()).differing).toEqual([]);
  });
});

describe('a step that fails', () => {
  beforeEach(async () => {
    await stopWriter(stage.lab);
    await reset(stage.name);
  });

  test('stands in the handoff with its check; done by hand, retry finds it done', async () => {
    await stage.cutPower();
    // systemd masks no unit whose file stands in /etc.
    await stage.on(
      'pf2',
      'cp "$(systemctl show -p FragmentPath --value packetfence-mariadb)" /etc/systemd/system/ && systemctl daemon-reload',
    );
    expect((await stage.type('start', 'full-recovery', stage.name, '--detach')).code).toBe(0);
    const failed = await stage.asked();
    const { held, owed, plan } = await stage.json<Handoff>('handoff', stage.name);
    expect(held).toEqual(['pf1', 'pf3']);
    expect(
      await stage.on('pf2', `ls ${owed.map(({ file, node }) => (node === 'pf2' ? file : '')).join(' ')}`),
    ).toContain('maskAutofix');
    const left = Object.values(plan.commands).find(({ verb }) => verb === 'holdDatabase');
    const met = () => stage.on('pf2', `( set -e\n${left?.wanted}\n) >/dev/null 2>&1 && echo met || echo unmet`);
    expect(await met()).toBe('unmet');
    const text = (await stage.type('handoff', stage.name)).stdout;
    expect(text).toContain(
      `\`${failed.token}\`: This failed: Stop MariaDB on every node, and hold it; read what each last committed, and seal it.`,
    );
    expect(text).toContain('pf2: Stop MariaDB on pf2 and hold it');

    await stage.on(
      'pf2',
      'rm /etc/systemd/system/packetfence-mariadb.service; systemctl daemon-reload; systemctl mask packetfence-mariadb',
    );
    expect(await met()).toBe('met');
    await stage.type('decide', stage.name, failed.token, 'retry');
    await stage.approveToTheEnd(300_000, () => {});
    const report = (await stage.type('report', stage.name)).stdout;
    expect(report).toContain('pf2: found done, nothing was done again');
    expect(report).toContain('Ended: **done**');
  });
});
