/** What must hold when a world ends. */
import type { DatabaseState } from '../../../decide/database/state';
import type { JournalItem } from '../../../decide/journal';
import { firstWriter } from './beginning';
import type { InvariantId } from './invariants';
import { PAIR, SOURCE } from './registrations';
import type { World } from './world';

export interface Ending {
  readonly invariant: InvariantId;
  readonly because: string;
}

export function endings(world: World, cameToRest: boolean): Ending[] {
  const item = world.store.read(PAIR);
  if (!item?.database) return [{ invariant: 'I8', because: 'the journal is empty' }];
  const found = [...flips(world), ...reports(world, item)];
  if (!cameToRest) return world.setting.mode === 'liveness' ? [...found, ...stalled(item)] : found;
  return [
    ...found,
    ...incidents(world, item),
    ...givenUp(world, item),
    ...held(world, item),
    ...unpaged(world, item),
    ...refusedForNothing(world, item),
    ...unfenced(world, item),
  ];
}

/** Minutes in which the prober starts the duty anew, an execution each, before an unfenced old primary is a failure. */
const FENCED_WITHIN_MS = 150_000;

/** Every fence that is configured stands against an old primary that can be reached. */
function unfenced(world: World, item: JournalItem): Ending[] {
  const { setting, fences } = world;
  const linkedMs = Math.max(0, ...setting.linkDown.map(([, until]) => until));
  if (
    setting.mode === 'safety' ||
    setting.rebuilt ||
    item.database?.active !== 'standby' ||
    world.nowMs() - linkedMs < FENCED_WITHIN_MS
  )
    return [];
  const down = setting.fences.filter((kind) => !fences.up.has(kind));
  return down.length > 0 ? [{ invariant: 'I16', because: `${down.join(', ')} never went up against the old primary` }] : [];
}

/** Each scripted outage and each order may move the name away and back; a run that gave up lets go of its latch once more. */
function flips({ traffic, setting }: World): Ending[] {
  const outages = new Set([...setting.siteDown, ...setting.writerDown, ...setting.linkDown].map(([from]) => from)).size;
  const orders = setting.orderedAtMs === undefined ? 0 : 1;
  const most = 2 * Math.max(1, outages + orders) + 2;
  const { length } = traffic.flips;
  return length > most ? [{ invariant: 'I7', because: `the name changed sides ${length} times, ${most} are allowed` }] : [];
}

function reports({ service, figures }: World, item: JournalItem): Ending[] {
  const ended = item.database?.lastRuns[0];
  if (ended?.outcome !== 'done') return [];
  const promotion = service.promotions.find((p) => !p.fails && p.epoch === ended.epoch);
  const all: Ending[] = [];
  if (!promotion) all.push({ invariant: 'I10', because: `${ended.id} is said to be done and nothing was promoted` });
  if (promotion && item.database?.writer !== promotion.id) {
    all.push({ invariant: 'I10', because: `${item.database?.writer} is said to write, ${promotion.id} was promoted` });
  }
  const loss = figures.findLast((f) => f.name.endsWith('LossSeconds'));
  if (loss && Math.abs(loss.value * 1_000 - (ended.lossMs ?? 0)) > 1) {
    all.push({ invariant: 'I10', because: `a loss of ${loss.value} s is published, ${ended.lossMs} ms are recorded` });
  }
  return all;
}

function stalled(item: JournalItem): Ending[] {
  const run = item.database?.run;
  const because = run
    ? `${run.id} never ended: ${item.database?.state}, steps ${Object.keys(run.steps).join(', ')}`
    : 'the pair never came to rest';
  return [{ invariant: 'I8', because }];
}

/** What the steps of a run opened is closed once it is done. A claim of another writer waits for a person. */
function incidents({ incidents: { table } }: World, item: JournalItem): Ending[] {
  if (item.database?.lastRuns[0]?.outcome !== 'done' || item.database.run) return [];
  const open = [...table.values()].filter((incident) => incident.open && incident.source === 'database-step');
  return open.map(({ key }) => ({ invariant: 'I5', because: `${key} is not closed though the standby serves` }));
}

/** A dead Region with a ready replica and nothing else in the way: here refusing is a failure too. */
function refusedForNothing(world: World, item: JournalItem): Ending[] {
  const { setting } = world;
  const ready = setting.replicas.some((r) => !r.alone && !r.stalled && !r.backingUp && r.lagMs < 10_000);
  const calm = Object.values(setting.faults).every((rate) => rate === 0) && Object.values(setting.blind).flat().length === 0;
  const able = setting.trigger === 'unanimous' && setting.heartbeat && setting.dataLoss.kind !== 'never';
  const free = !setting.pause && setting.orderedAtMs === undefined && !setting.promotionFails && !setting.readerBeganMs;
  if (setting.scenario !== 'region dies' || !ready || !calm || !able || !free) return [];
  return item.database?.active === 'standby'
    ? []
    : [{ invariant: 'I8', because: 'the Region is dead, a replica is ready, and nothing was promoted' }];
}

/** After a rollback the pair is as it was. A fence in a Region that does not answer stays up, and was paged. */
function givenUp(world: World, item: JournalItem): Ending[] {
  const database = item.database;
  if (!database || database.run) return [];
  if (world.setting.rebuilt && database.active === 'standby') return stayed(world, database);
  if (database.active !== 'primary') return [];
  const all: Ending[] = [];
  if (database.latch.on) all.push({ invariant: 'I4', because: 'the journal still holds the latch' });
  if (world.traffic.isLatched()) all.push({ invariant: 'I4', because: 'Route 53 still shows the latch' });
  if (world.writerName !== SOURCE) all.push({ invariant: 'I4', because: `the writer name leads to ${world.writerName}` });
  if (world.fences.up.size > 0 && world.linkUp() && !saidSo(world)) {
    all.push({ invariant: 'I4', because: `${[...world.fences.up].join(', ')} still fence the writer, and nobody was told` });
  }
  return all;
}

/** A failback that was given up leaves users, latch and writer name where they were: at the standby. */
function stayed({ traffic, writerName, setting }: World, { latch }: DatabaseState): Ending[] {
  const all: Ending[] = [];
  if (!latch.on) all.push({ invariant: 'I4', because: 'the journal let go of the latch' });
  if (!traffic.isLatched()) all.push({ invariant: 'I4', because: 'Route 53 let go of the latch' });
  if (writerName !== firstWriter(setting)) all.push({ invariant: 'I4', because: `the writer name leads to ${writerName}` });
  return all;
}

const saidSo = (world: World) => world.incidents.events.some((event) => event.summary.includes('may still be up'));

function held(world: World, item: JournalItem): Ending[] {
  const all: Ending[] = [];
  const run = item.database?.run;
  if (run && item.database?.state !== 'STUCK') all.push({ invariant: 'I12', because: `${run.id} still holds the pair` });
  const lease = world.lease.read();
  if (lease.kind === 'lease' && lease.epoch > item.epoch)
    all.push({ invariant: 'I12', because: 'the lease is ahead of the journal' });
  const { mode, lease: leased } = world.setting;
  if (leased && mode === 'liveness' && !run && world.lease.holder !== item.database?.writer) {
    all.push({ invariant: 'I12', because: `the lease is left with ${world.lease.holder}, ${item.database?.writer} writes` });
  }
  return all;
}

/** Whoever is not served by the primary or a promoted standby has been told. */
function unpaged(world: World, item: JournalItem): Ending[] {
  if (item.database?.active === 'standby' || world.setting.mode === 'safety') return [];
  if (world.writerUp() && world.siteUp() && world.linkUp()) return [];
  const paged = world.incidents.events.some(
    (event) => event.action === 'trigger' && ['critical', 'error'].includes(event.severity),
  );
  return paged ? [] : [{ invariant: 'I8', because: 'the primary is broken, nothing was promoted, and nobody was paged' }];
}
