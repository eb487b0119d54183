import fc from 'fast-check';
import { REPLAY_LIMIT_SEC } from '../../../lib/decide/database/plan';
import { databaseStep } from '../../../lib/runtime/drive/database/step';
import { runPlan } from '../../../lib/runtime/drive/database/walk';
import { DatabaseProcess } from '../../fakes/database/process';
import { acquired, broken, callsOf, carryIn, dieAt, notes, outage, said, walked } from '../../fakes/database/run';
import { DatabaseWorld } from '../../fakes/database/world';

const seed = Number(process.env.SEED ?? 20261120);
const DONE = [
  'acquire',
  'assess',
  'stop_writes_to_primary',
  'verify_replica_sync',
  'latch',
  'promote_replica',
  'repoint_writer',
  'refresh_applications',
  'verify_functionality',
  'announce',
];
const make = async (change: ConstructorParameters<typeof DatabaseWorld>[0] = {}) => {
  const world = new DatabaseWorld(change);
  return { world, run: await outage(world) };
};
/** The same with short waits, for walking it hundreds of times. */
const brief = async () => {
  const made = await make();
  made.world.latchMs = 4_000;
  made.world.promoteMs = 8_000;
  return made;
};
const pauseNow = (world: DatabaseWorld) => {
  const item = world.journal.peek('app');
  if (item) world.journal.put({ ...item, pausedUntilMs: world.time.nowMs() + 3_600_000 });
};
const stepsDone = (calls: readonly { step: string; verdict: string }[]) =>
  calls.filter((c) => c.verdict === 'done').map((c) => c.step);

describe('a failover of a dead primary', () => {
  test('latches, promotes, repoints, refreshes, verifies and says so', async () => {
    const { world, run } = await make();
    const ended = await walked(world, run);
    expect([ended.end, ended.because]).toEqual(['done', ['app-b1 writes', 'the loss was judged: 6 s of writes, by heartbeat']]);
    expect(stepsDone(ended.calls)).toEqual(DONE);
    expect(world.timeline).toEqual(['latch on', 'writer app-b1', 'promote app-b1']);
    expect(world.orders).toEqual(['promote app-b1 e1']);
    expect(world.state).toMatchObject({ state: 'SERVING_STANDBY', active: 'standby', writer: 'app-b1', latch: { on: true } });
    expect(world.state.run).toBeUndefined();
    expect(world.state.lastRuns[0]).toMatchObject({ id: 'app-e1', outcome: 'done', lossMs: 6_000 });
    expect(world.pointers.get('/app/writer')).toEqual({ endpoint: 'app-b1.eu-central-1.example.com:5432', epoch: 1 });
    expect(said(world)).toEqual(['critical failover-started', 'critical promotion-requested', 'info failover-done']);
    expect(notes(world)).toEqual([
      'replica-chosen',
      'writer-fenced-incomplete',
      'loss-accepted',
      'primary-latched',
      'replica-promoted',
      'writer-repointed',
      'applications-refreshed',
      'writer-verified',
    ]);
    expect(new Set(world.announced.map((e) => `${e.incidentKey} ${e.epoch}`))).toEqual(new Set(['app/1 1']));
    expect([...world.asked]).toEqual(['tcp']);
  });

  test('takes the replica that lost least, whatever its priority', async () => {
    const world = new DatabaseWorld();
    world.member('app-b1').lagMs = 20_000;
    await walked(world, await outage(world));
    expect(world.orders).toEqual(['promote app-b2 e1']);
  });

  test('goes on when the fences of a dead Region do not answer, and says how far it came', async () => {
    const { world, run } = await make();
    await walked(world, run);
    expect(world.fences.size).toBe(0);
    const requested = world.announced.find((e) => e.type === 'promotion-requested');
    expect(requested?.details).toMatchObject({ fence: 'none beyond latch and name', candidate: 'app-b1' });
  });

  const tried = async (world: DatabaseWorld, run: Awaited<ReturnType<typeof outage>>) => {
    let raises = 0;
    let beganMs = 0;
    let tookMs = 0;
    const ended = await world.time.run(
      runPlan(
        { pair: 'app', run: run.id, epoch: run.epoch },
        async (step) => {
          if (step.step === 'stop_writes_to_primary') beganMs ||= world.time.nowMs();
          if (step.step === 'verify_replica_sync') tookMs ||= world.time.nowMs() - beganMs;
          return carryIn(world, (call, phase) => {
            if (call === 'fences.raise' && phase === 'before') raises += 1;
            return 'live';
          })(step);
        },
        world.time,
      ),
    );
    return { ended, raises, tookMs };
  };

  test('waits for no fence of a Region that has not answered twice in a row', async () => {
    const { world, run } = await make();
    const { ended, raises, tookMs } = await tried(world, run);
    expect([ended.end, raises, tookMs]).toEqual(['done', 2, 1_000]);
    const told = world.announced.find((e) => e.type === 'writer-fenced-incomplete');
    expect(told?.details?.['because']).toEqual([
      'networkAcl:acl-1 did not answer, 2 times in a row: the Region does not answer',
      'F0 to F2 hold: epoch, latch and writer name',
    ]);
  });

  test('gives a fence that answers, and refuses, its whole time', async () => {
    const { world, run } = await make();
    world.fenceRefused = 'throttled';
    const { ended, raises, tookMs } = await tried(world, run);
    expect([ended.end, raises, tookMs]).toEqual(['done', 21, 20_000]);
  });

  test('puts the fence up when the Region answers', async () => {
    const { world, run } = await make();
    world.primary.reachable = true;
    await walked(world, run);
    expect(world.timeline).toEqual(['fence acl-1', 'latch on', 'writer app-b1', 'promote app-b1']);
  });

  test('stops an instance only after the promotion', async () => {
    const { world, run } = await make({
      fences: [
        { kind: 'stopInstance', region: 'eu-west-1', id: 'app-a' },
        { kind: 'function', name: 'read-only' },
      ],
    });
    world.primary.reachable = true;
    await walked(world, run);
    expect(world.timeline).toEqual(['fence read-only', 'latch on', 'writer app-b1', 'promote app-b1', 'fence app-a']);
  });

  test('waits for what was sent no longer than the limit and one answer, however slow the heartbeat reader is', async () => {
    const { world, run } = await make({ fences: [{ kind: 'function', name: 'read-only' }] });
    world.primary.reachable = true;
    const answerMs = 8_000;
    const slow = async () => {
      await world.time.sleep(answerMs);
      return { kind: 'unknown', because: 'no answer' } as const;
    };
    let tookMs = 0;
    const carry = async (input: Parameters<typeof databaseStep>[0]) => {
      const fencing = input.step === 'stop_writes_to_primary';
      const ports = new DatabaseProcess(world).ports();
      const beganMs = world.time.nowMs();
      const answer = await databaseStep(input, fencing ? { ...ports, heartbeats: { read: slow } } : ports);
      if (fencing) tookMs = world.time.nowMs() - beganMs;
      return answer;
    };
    const ended = await world.time.run(runPlan({ pair: 'app', run: run.id, epoch: run.epoch }, carry, world.time));
    expect([ended.end, tookMs <= REPLAY_LIMIT_SEC * 1_000 + answerMs]).toEqual(['done', true]);
  });

  test('takes the lease with the epoch and hands it to the new writer, and gives up when the primary renewed it', async () => {
    const lease = { lease: { table: 't', region: 'eu-west-3' } };
    const world = new DatabaseWorld(lease);
    await walked(world, await outage(world, { leaseRvn: 'r0' }));
    expect(world.lease.record).toMatchObject({ epoch: 1, holder: 'app-b1', turn: 0 });
    const renewed = new DatabaseWorld(lease);
    const run = await outage(renewed, { leaseRvn: 'r0' });
    renewed.lease.record = { rvn: 'r1', epoch: 0, holder: 'app-a', turn: 1 };
    const ended = await walked(renewed, run);
    expect([ended.end, renewed.orders, renewed.lease.record?.holder]).toEqual(['rolled_back', [], 'app-a']);
  });

  test('gives the lease back to the writer when it is given up', async () => {
    const world = new DatabaseWorld({ lease: { table: 't', region: 'eu-west-3' } });
    const run = await outage(world, { leaseRvn: 'r0' });
    world.silent.add('192.0.2.53');
    expect((await walked(world, run)).end).toBe('rolled_back');
    expect(world.lease.record).toMatchObject({ holder: 'app-a', epoch: 1 });
  });
});

describe('the promote call', () => {
  test('that timed out after its effect is looked at, not made again', async () => {
    const { world, run } = await make();
    world.answers.push({ answer: { kind: 'ambiguous', because: 'timed out' }, effect: true });
    expect((await walked(world, run)).end).toBe('done');
    expect(world.orders).toEqual(['promote app-b1 e1']);
  });

  test('that timed out before its effect is made again after a look', async () => {
    const { world, run } = await make();
    world.answers.push({ answer: { kind: 'ambiguous', because: 'timed out' }, effect: false });
    expect((await walked(world, run)).end).toBe('done');
    expect(world.orders).toEqual(['promote app-b1 e1', 'promote app-b1 e1']);
    expect(world.promotions).toHaveLength(1);
  });

  test('that is throttled is made again', async () => {
    const { world, run } = await make();
    world.answers.push({ answer: { kind: 'refused', because: 'Throttling', retryable: true }, effect: false });
    expect((await walked(world, run)).end).toBe('done');
  });

  test('fails for good: the run is stuck, pages, and is never undone', async () => {
    const { world, run } = await make();
    world.answers.push({ answer: { kind: 'refused', because: 'DBInstanceNotFound', retryable: false }, effect: false });
    const ended = await walked(world, run);
    expect([ended.end, ended.because]).toEqual(['stuck', ['app-b1 cannot be promoted: DBInstanceNotFound']]);
    expect(world.state).toMatchObject({
      state: 'STUCK',
      latch: { on: true },
      run: { promoteRequested: { candidate: 'app-b1' } },
    });
    expect(said(world).at(-1)).toBe('critical failover-stuck');
    const again = await walked(world, run);
    expect([again.end, world.timeline.includes('latch off')]).toEqual(['stuck', false]);
  });

  /** The candidate begins its backup between the last look and the order, for so long. */
  const backedUp = async (forMs: number) => {
    const { world, run } = await make();
    world.answers.push({
      answer: { kind: 'refused', because: 'InvalidDBInstanceState: backing-up', retryable: true },
      effect: false,
    });
    let beganMs = 0;
    const ended = await world.time.run(
      runPlan(
        { pair: 'app', run: run.id, epoch: run.epoch },
        async (step) => {
          const answer = await carryIn(world)(step);
          if (step.step === 'promote_replica') {
            beganMs ||= world.time.nowMs();
            const over = world.time.nowMs() - beganMs >= forMs;
            if (world.member('app-b1').aloneAtMs === undefined) world.member('app-b1').status = over ? 'available' : 'backing-up';
          }
          return answer;
        },
        world.time,
      ),
    );
    return { world, ended, pages: world.announced.filter((e) => e.type === 'promotion-refused') };
  };

  test('that is refused by a short backup is made again, and nobody is woken', async () => {
    const { ended, pages, world } = await backedUp(90_000);
    expect([ended.end, pages, world.orders.length]).toEqual(['done', [], 2]);
  });

  test('that is refused for longer than two minutes pages once, with the reason, and is made again', async () => {
    const { ended, pages, world } = await backedUp(600_000);
    expect([ended.end, pages.length, world.orders.length]).toEqual(['done', 1, 2]);
    expect(pages[0]).toMatchObject({ incidentKey: 'app/1', action: 'trigger', severity: 'critical' });
    expect(pages[0]?.summary).toBe(
      'app: app-b1 has not taken the order to promote for 2 min: app-b1 is backing-up, it still replicates from app-a. Nothing was promoted; the order is made again until it is taken. End what keeps the instance busy, such as a backup or a change',
    );
  });

  test('that is refused to the end is stuck, never undone, and says that the candidate still replicates', async () => {
    const { ended, world } = await backedUp(10 * 3_600_000);
    expect([ended.end, world.state.latch.on, world.promotions]).toEqual(['stuck', true, []]);
    expect(world.state.run?.stuckBecause).toEqual([
      'app-b1 is backing-up, it still replicates from app-a',
      'promote_replica took longer than 3600 s',
    ]);
  });

  test('whose answer was lost is not called refused while the promotion may be under way', async () => {
    const { world, run } = await make();
    world.promoteMs = 600_000;
    world.answers.push({ answer: { kind: 'ambiguous', because: 'timed out' }, effect: true });
    expect((await walked(world, run)).end).toBe('done');
    expect(world.announced.map((e) => e.type)).not.toContain('promotion-refused');
  });

  test('that never ends is stuck after its limit, not rolled back', async () => {
    const { world, run } = await make();
    world.promoteMs = 10 * 3_600_000;
    expect((await walked(world, run)).end).toBe('stuck');
    expect([world.state.state, world.published.latch]).toEqual(['STUCK', true]);
  });

  test('is not made for a replica that is backing up, and everything is undone at the limit', async () => {
    const { world, run } = await make();
    const input = { pair: 'app', run: run.id, epoch: run.epoch };
    const ended = await world.time.run(
      runPlan(
        input,
        async (step) => {
          if (step.step === 'promote_replica') world.member('app-b1').status = 'backing-up';
          return carryIn(world)(step);
        },
        world.time,
      ),
    );
    expect([ended.end, world.orders]).toEqual(['rolled_back', []]);
  });

  test('is made once by two runners that carry every step at the same time', async () => {
    const { world, run } = await make();
    const two = runPlan({ pair: 'app', run: run.id, epoch: 1 }, carryIn(world), world.time);
    const ended = await walked(world, run);
    const other = await world.time.run(two);
    expect([ended.end, other.end].sort()).toEqual(['done', 'done']);
    expect([broken(world), world.promotions.length, world.state.state]).toEqual([[], 1, 'SERVING_STANDBY']);
  });

  test('carries an epoch: a run of an older one is lost and touches nothing', async () => {
    const { world, run } = await make();
    await walked(world, run);
    const before = JSON.stringify(world.journal.peek('app'));
    const late = await world.time.run(
      new DatabaseProcess(world).run((ports) =>
        databaseStep({ pair: 'app', run: 'app-e0', epoch: 0, step: 'promote_replica' }, ports),
      ),
    );
    expect([late.verdict, late.because]).toEqual(['lost', ['no run holds the pair, app-e0 does not']]);
    expect([JSON.stringify(world.journal.peek('app')), world.orders.length]).toEqual([before, 1]);
  });
});

describe('a run that dies', () => {
  test('at any call of the whole failover, before or after its effect, still ends promoted once', async () => {
    const calls = await callsOf(brief);
    expect(calls.length).toBeGreaterThan(80);
    const wrong: string[] = [];
    for (let n = 0; n < calls.length; n += 1) {
      for (const phase of ['before', 'after'] as const) {
        const { world, run } = await brief();
        const ended = await walked(world, run, dieAt(n, phase));
        const found = [...broken(world), ...(ended.end === 'done' && world.state.state === 'SERVING_STANDBY' ? [] : [ended.end])];
        if (found.length > 0) wrong.push(`${phase} ${n} ${calls[n]}: ${found.join('; ')}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('at any call of a rollback with fence and latch up still puts everything back', async () => {
    const undone = async () => {
      const made = await brief();
      made.world.primary.reachable = true;
      pauseNow(made.world);
      return made;
    };
    const calls = await callsOf(undone);
    const wrong: string[] = [];
    for (let n = 0; n < calls.length; n += 1) {
      for (const phase of ['before', 'after'] as const) {
        const { world, run } = await undone();
        const ended = await walked(world, run, dieAt(n, phase));
        const back = world.orders.length === 0 && world.fences.size === 0 && !world.state.latch.on && !world.published.latch;
        if (!back || ended.end !== 'rolled_back') wrong.push(`${phase} ${n} ${calls[n]}: ${ended.end}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('again and again, at random calls and with two runners, never promotes twice nor before the latch', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(300), { maxLength: 12 }), fc.nat(60), async (deaths, lateSec) => {
        const { world, run } = await brief();
        let calls = 0;
        const hook = (_call: string, phase: 'before' | 'after') => {
          if (phase === 'before') calls += 1;
          return deaths.includes(calls) && phase === 'after' ? ('die' as const) : ('live' as const);
        };
        const input = { pair: 'app', run: run.id, epoch: run.epoch };
        const late = world.time.sleep(lateSec * 1000).then(() => runPlan(input, carryIn(world, hook), world.time));
        await walked(world, run, hook);
        await world.time.run(late);
        expect(broken(world)).toEqual([]);
        expect(['SERVING_STANDBY', 'STUCK', 'ROLLED_BACK']).toContain(world.state.state);
      }),
      { seed, numRuns: 50 },
    );
  });
});

describe('before the point of no return', () => {
  const undoneBy = async (spoil: (world: DatabaseWorld) => void, change: Parameters<typeof make>[0] = {}) => {
    const { world, run } = await make(change);
    spoil(world);
    const ended = await walked(world, run);
    return { world, ended };
  };

  test('a latch that Route 53 never shows rolls back, latch off and at rest', async () => {
    const { world, ended } = await undoneBy((w) => w.silent.add('192.0.2.53'));
    expect([ended.end, world.orders, world.timeline]).toEqual([
      'rolled_back',
      [],
      ['latch on', 'writer app-b1', 'latch off', 'writer '],
    ]);
    expect(world.state).toMatchObject({ state: 'ROLLED_BACK', active: 'primary', latch: { on: false } });
    expect((world.state.restUntilMs ?? 0) - world.time.nowMs()).toBe(1_800_000);
    expect(said(world)).toEqual(['critical failover-started', 'critical failover-rolled-back']);
    expect(world.journal.peek('app')?.epoch).toBe(1);
  });

  /** The writer answers again right after the latch was published for the first time; `showsMs`: when Route 53 shows it all the same. */
  const givenUpAtOnce = async (showsMs?: readonly [number, number]) => {
    const { world, run } = await make();
    const own = world.beacon.bind(world);
    let publishedMs = 0;
    let liftedMs = 0;
    world.beacon = (name) => {
      const forMs = world.time.nowMs() - publishedMs;
      const shows = showsMs && publishedMs > 0 && forMs >= showsMs[0] && forMs < showsMs[1];
      return shows && name === world.database.latch.beacons.latch ? 'unhealthy' : own(name);
    };
    const ended = await world.time.run(
      runPlan(
        { pair: 'app', run: run.id, epoch: run.epoch },
        async (step) => {
          const answer = await carryIn(world)(step);
          if (step.step === 'latch' && publishedMs === 0) {
            publishedMs = world.time.nowMs();
            world.primary = { ...world.primary, reachable: true, database: true };
          }
          if (step.step === 'undo_latch' && answer.verdict === 'done') liftedMs = world.time.nowMs() - publishedMs;
          return answer;
        },
        world.time,
      ),
    );
    return { world, ended, liftedMs, because: ended.because.join('; ') };
  };

  test('a latch that was lifted before it was seen counts as lifted once it was seen and is over', async () => {
    const { ended, liftedMs } = await givenUpAtOnce([90_000, 150_000]);
    expect([ended.end, liftedMs]).toEqual(['rolled_back', 150_000]);
  });

  test('a latch that is never seen counts as lifted once it could not come any more', async () => {
    const { ended, liftedMs } = await givenUpAtOnce();
    expect([ended.end, liftedMs]).toEqual(['rolled_back', 185_000]);
  });

  test('a latch that still shows at the limit is left to the keeper, and the page says so', async () => {
    const { ended, world, because } = await givenUpAtOnce([90_000, 3_600_000]);
    expect(ended.end).toBe('rolled_back');
    expect(because).toContain('undo_latch failed: Route 53 still shows the latch; the keeper lifts it each minute');
    expect(world.announced.at(-1)).toMatchObject({ type: 'failover-rolled-back', severity: 'critical' });
  });

  test('a clock that goes backwards makes nobody wait for ever', async () => {
    const { world, run } = await make({ heartbeat: undefined });
    world.silent.add('192.0.2.53');
    const backwards = async (step: Parameters<ReturnType<typeof carryIn>>[0]) => {
      if (step.step === 'latch') world.time.jump(-6_000);
      return carryIn(world)(step);
    };
    const ended = await world.time.run(runPlan({ pair: 'app', run: run.id, epoch: run.epoch }, backwards, world.time));
    expect([ended.end, world.orders]).toEqual(['rolled_back', []]);
  });

  test('a writer that answers again ends the attempt', async () => {
    const { world, ended } = await undoneBy((w) => {
      w.primary.database = true;
      w.primary.reachable = true;
    });
    expect([ended.end, ended.because, world.orders]).toEqual(['rolled_back', ['the writer answers again'], []]);
  });

  test('a writer that answers again at the last moment ends the attempt, and the fence comes down', async () => {
    const { world, run } = await make();
    world.primary.reachable = true;
    const ended = await world.time.run(
      runPlan(
        { pair: 'app', run: run.id, epoch: run.epoch },
        async (step) => {
          if (step.step === 'promote_replica') {
            world.fences.clear();
            world.primary.database = true;
          }
          return carryIn(world)(step);
        },
        world.time,
      ),
    );
    expect([ended.end, world.orders, world.state.latch.on]).toEqual(['rolled_back', [], false]);
  });

  test.each([
    [
      'unknown lag',
      (w: DatabaseWorld) =>
        ['app-b1', 'app-b2'].forEach((id) => {
          w.member(id).lagUnknown = 'no datapoint';
        }),
    ],
    [
      'too much lag',
      (w: DatabaseWorld) =>
        ['app-b1', 'app-b2'].forEach((id) => {
          w.member(id).lagMs = 60_000;
        }),
    ],
    ['no replica at all', (w: DatabaseWorld) => w.members.clear()],
    [
      'replicas of something else',
      (w: DatabaseWorld) =>
        ['app-b1', 'app-b2'].forEach((id) => {
          w.member(id).replicaOf = 'other';
        }),
    ],
  ])('%s refuses with a page and promotes nothing', async (_name, spoil) => {
    const { world, ended } = await undoneBy(spoil);
    expect([ended.end, world.orders, world.published.latch]).toEqual(['rolled_back', [], false]);
    expect(said(world).at(-1)).toBe('critical failover-rolled-back');
  });

  test('a pause ordered meanwhile keeps an automatic run from promoting', async () => {
    const { ended, world } = await undoneBy(pauseNow);
    expect([ended.end, world.orders]).toEqual(['rolled_back', []]);
    expect(world.state.lastRuns[0]?.because).toEqual(['automation is paused']);
  });

  test('a fence that cannot be lowered is said, and does not stop the rest of the undo', async () => {
    const { world, run } = await make();
    world.primary.reachable = true;
    world.silent.add('192.0.2.53');
    const ended = await world.time.run(
      runPlan(
        { pair: 'app', run: run.id, epoch: run.epoch },
        async (step) => {
          if (step.step.startsWith('undo_')) world.primary.reachable = false;
          return carryIn(world)(step);
        },
        world.time,
      ),
    );
    expect(ended.end).toBe('rolled_back');
    expect(world.announced.at(-1)?.summary).toContain('networkAcl:acl-1 may still be up: no answer');
  });

  test('an alert path that is down does not keep users from coming back, and the end waits for it', async () => {
    const { world, run } = await make();
    world.silent.add('192.0.2.53');
    const ended = await world.time.run(
      runPlan(
        { pair: 'app', run: run.id, epoch: run.epoch },
        async (step) => {
          world.deaf = step.step.startsWith('undo_') && world.deaf !== 'over';
          const answer = await carryIn(world)(step);
          if (step.step === 'undo_acquire' && answer.verdict === 'again') world.deaf = 'over';
          return answer;
        },
        world.time,
      ),
    );
    expect([ended.end, world.state.latch.on]).toEqual(['rolled_back', false]);
    expect(ended.calls.filter((c) => c.step === 'undo_acquire').map((c) => c.verdict)).toEqual(['again', 'done']);
    expect(said(world).at(-1)).toBe('critical failover-rolled-back');
  });
});

describe('consent', () => {
  const asking = async () => {
    const made = await make({ dataLoss: { kind: 'never' } });
    return made;
  };

  test('is asked for with the loss, and the failover goes on when it is given', async () => {
    const { world, run } = await asking();
    let asked = 0;
    const ended = await world.time.run(
      runPlan(
        { pair: 'app', run: run.id, epoch: run.epoch },
        async (step) => {
          const answer = await carryIn(world)(step);
          if (answer.verdict === 'ask') {
            asked += 1;
            if (asked === 3) await consent(world, 1, 6_000);
          }
          return answer;
        },
        world.time,
      ),
    );
    expect([ended.end, asked, world.orders]).toEqual(['done', 3, ['promote app-b1 e1']]);
    expect(said(world).filter((s) => s.includes('consent'))).toEqual(['critical failover-needs-consent']);
    expect(world.announced.find((e) => e.type === 'failover-needs-consent')?.summary).toBe(
      'app waits for consent: the loss would be 6 s of writes, by heartbeat; none is consented to; failover approve app --epoch 1 --loss-ms 6000',
    );
  });

  test('that nobody gives within an hour rolls back', async () => {
    const { world, run } = await asking();
    const ended = await walked(world, run);
    expect([ended.end, world.orders]).toEqual(['rolled_back', []]);
    expect(world.state.lastRuns[0]?.because[0]).toBe('nobody consented to the loss');
  });

  test('to less than the loss is asked for again', async () => {
    const { world, run } = await asking();
    let asked = 0;
    await world.time.run(
      runPlan(
        { pair: 'app', run: run.id, epoch: run.epoch },
        async (step) => {
          const answer = await carryIn(world)(step);
          if (answer.verdict !== 'ask') return answer;
          asked += 1;
          if (asked === 1) {
            await consent(world, 1, 6_000);
            for (const id of ['app-b1', 'app-b2']) world.member(id).lagMs = 9_000;
          }
          if (asked === 2) await consent(world, 1, 14_000);
          return answer;
        },
        world.time,
      ),
    );
    expect([asked, world.orders]).toEqual([2, ['promote app-b1 e1']]);
    expect(said(world).filter((s) => s.includes('consent'))).toHaveLength(2);
  });
});

async function consent(world: DatabaseWorld, epoch: number, lossMs: number): Promise<void> {
  const { approve } = await import('../../../lib/runtime/drive/database/orders');
  const answer = await approve({ pair: 'app', by: 'ann', epoch, lossMs }, new DatabaseProcess(world).ports());
  if (answer.kind !== 'done') throw new Error(answer.because);
}

test('an order of a person may promote a living primary’s replica, because a person means it', async () => {
  const world = new DatabaseWorld();
  await world.time.pass(600_000);
  const run = await acquired(world, { automatic: false, startedBy: 'ann', acceptLossMs: 0 });
  expect((await walked(world, run)).end).toBe('done');
});
