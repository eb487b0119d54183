import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fenceDuty } from '../../../lib/decide/database/kept-out';
import type { JournalItem } from '../../../lib/decide/journal';
import { databaseFailover } from '../../../lib/decide/runbook';
import { EXAMPLE_DATABASE } from '../../../scripts/runbook-docs';
import { BOUND, stepsOf } from './books';
import { walk } from './walk';

const HAS_JQ = spawnSync('jq', ['--version']).status === 0;
const withJq = HAS_JQ ? test : test.skip;

/** Before anything happened, with an outage suspected and an earlier epoch. */
const before: JournalItem = {
  pair: 'app',
  revision: 4,
  epoch: 6,
  lastDrills: [],
  database: {
    state: 'SUSPECT',
    active: 'primary',
    writer: 'shop-a',
    latch: { on: false, generation: 1 },
    writerName: { 'shop-b1': false, 'shop-b2': false },
    lastRuns: [],
    suspect: { sinceMs: 1, because: ['no answer'] },
  },
};

/** What a step writes into the journal, when a person pastes it into a shell that knows `epoch`. */
function told(step: string, found: JournalItem, { epoch, candidate }: { epoch: number; candidate: string }): JournalItem {
  const book = databaseFailover(BOUND.replicas);
  const lines = stepsOf(book).find(({ name }) => name === step)?.commands ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'runbook-journal-'));
  const written = join(folder, 'item.json');
  try {
    const { stderr } = walk(
      ['CANDIDATE=', `EPOCH=${epoch}`, 'ACCOUNT=1', ...lines],
      [
        `CANDIDATE=${candidate}`,
        'unset -f jq',
        `aws() { case "$*" in *get-item*) printf '%s' '${JSON.stringify(found)}' ;; *put-item*) cp item.json ${written} ;; esac; }`,
      ].join('\n'),
    );
    expect([stderr, existsSync(written)]).toEqual(['', true]);
    const item = JSON.parse(readFileSync(written, 'utf8')) as { revision: { N: string }; document: { S: string } };
    const document = JSON.parse(item.document.S) as JournalItem;
    expect(item.revision.N).toBe(String(document.revision));
    return document;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const failedOver = () => told('announce', before, { epoch: 7, candidate: 'shop-b2' });

withJq(
  'a failover by hand leaves the journal as one of ours would: the new writer, the latch, and the old primary kept out',
  () => {
    expect(failedOver()).toEqual({
      pair: 'app',
      revision: 5,
      epoch: 7,
      lastDrills: [],
      database: {
        state: 'SERVING_STANDBY',
        active: 'standby',
        writer: 'shop-b2',
        latch: { on: true, generation: 1 },
        writerName: { 'shop-b1': false, 'shop-b2': true },
        lastRuns: [],
        unprotectedSinceMs: expect.any(Number),
        keptOut: { id: 'shop-a', epoch: 7, up: {} },
      },
    });
  },
);

withJq('the controller fences an old primary that was failed over by hand, as soon as it answers', () => {
  expect(fenceDuty(failedOver(), EXAMPLE_DATABASE.fences)).toMatchObject({ kind: 'due', out: { id: 'shop-a' } });
});

withJq('told twice, it is still the old primary that is kept out', () => {
  expect(told('announce', failedOver(), { epoch: 7, candidate: 'shop-b2' }).database?.keptOut?.id).toBe('shop-a');
});

withJq('days later, in a terminal that was set up again, no epoch is lowered', () => {
  const back = told('failback', failedOver(), { epoch: 1, candidate: 'shop-b2' });
  expect([back.epoch, back.database?.state, back.database?.active, back.database?.latch.on, back.database?.writer]).toEqual([
    8,
    'ARMED',
    'primary',
    false,
    'by-hand',
  ]);
  expect(back.database?.writerName).toEqual({ 'shop-b1': false, 'shop-b2': false });
  expect(fenceDuty(back, EXAMPLE_DATABASE.fences).kind).toBe('none');
});

withJq('what is given up keeps its first evidence, and burns the epoch', () => {
  const undone = told('undo_latch', before, { epoch: 7, candidate: 'shop-b2' });
  expect([undone.epoch, undone.database?.state, undone.database?.latch.on]).toEqual([7, 'ROLLED_BACK', false]);
  expect(undone.database?.suspect).toEqual(before.database?.suspect);
  expect(undone.database?.restUntilMs).toBeGreaterThan(0);
});
