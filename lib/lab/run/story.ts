/** Turns what happens in the lab into lines that a person can follow. */
import type { PagerDutyRequest } from '../pagerduty';
import type { TruthEvent } from '../world';
import { DERIVED_WORDS } from './database/latch';
import type { Lab, LabEvent } from './lab';
import { NAMES, RECORD } from './setting';

export type Tone = 'plain' | 'good' | 'bad' | 'quiet';

export interface StoryLine {
  readonly atMs: number;
  /** Who speaks: `world`, `route 53`, `dns`, `drill`, `database`, `alarm`, `pagerduty`, `lab`. */
  readonly who: string;
  readonly text: string;
  readonly tone: Tone;
}

type Said = Pick<StoryLine, 'who' | 'text' | 'tone'> | undefined;

const said = (who: string, text: string, tone: Tone = 'plain'): Said => ({ who, text, tone });

export class Story {
  public readonly lines: StoryLine[] = [];
  private readonly listeners: ((line: StoryLine) => void)[] = [];
  private readonly failing = new Set<string>();
  private step: string | undefined;

  public constructor(private readonly lab: Lab) {
    lab.world.truth.on((event) => this.add(this.firstFailure(event) ?? ofWorld(event, lab)));
    lab.onEvent((event) => {
      if (!this.entersAgain(event)) this.add(ofLab(event));
    });
    lab.pagerDuty.onRequest((request) => this.add(ofPagerDuty(request, lab)));
  }

  public onLine(listener: (line: StoryLine) => void): void {
    this.listeners.push(listener);
  }

  public tell(who: string, text: string, tone: Tone = 'plain'): void {
    this.add({ who, text, tone });
  }

  /** Of sixteen checkers that begin to fail one after the other, the first one is news. */
  private firstFailure(event: TruthEvent): Said {
    if (event.kind === 'check-turned') this.failing.delete(event.check);
    if (event.kind !== 'probe-failed' || this.failing.has(event.check)) return undefined;
    this.failing.add(event.check);
    return said('route 53', `a first checker, in ${event.region}, says ${event.because}`, 'bad');
  }

  /** A step that polls is entered again and again; only the first time is news. A retry has its own line. */
  private entersAgain(event: LabEvent): boolean {
    if (event.kind !== 'step' || event.about === '') return false;
    const again = this.step === event.state;
    this.step = event.state;
    return again;
  }

  private add(what: Said): void {
    if (!what) return;
    const line = { atMs: this.lab.time.nowMs(), ...what };
    this.lines.push(line);
    for (const listener of this.listeners) listener(line);
  }
}

function ofWorld(event: TruthEvent, lab: Lab): Said {
  const { checks } = lab.pair;
  const siteOf = (check: string) => (check === checks.primary ? 'primary' : 'standby');
  switch (event.kind) {
    case 'fault-began':
      return said('world', `the ${event.site} breaks: ${FAULTS[event.fault] ?? event.fault}`, 'bad');
    case 'fault-ended':
      return said('world', `the ${event.site} is mended`, 'good');
    case 'check-updated':
      return said('route 53', `health check of the ${siteOf(event.check)} changed: ${changes(event.changed)}`);
    case 'check-turned': {
      const derived = DERIVED_WORDS[event.check];
      if (derived) return said('route 53', derived[event.healthy ? 0 : 1], event.healthy ? 'good' : 'bad');
      const verdict = event.healthy ? 'healthy' : 'unhealthy';
      const text = `the ${siteOf(event.check)} is ${verdict}: ${event.healthyCheckers} of ${event.checkers} checkers say healthy`;
      return said('route 53', text, event.healthy ? 'good' : 'bad');
    }
    case 'answer-changed': {
      if (event.name.replace(/\.$/, '') !== RECORD || event.type !== 'A') return undefined;
      const site = event.values[0] === lab.world.sites.primary.address ? 'primary' : 'standby';
      return said('dns', `${event.server} now answers ${event.values.join(', ')}, the ${site}`);
    }
    default:
      return undefined;
  }
}

function ofLab(event: LabEvent): Said {
  switch (event.kind) {
    case 'step':
      return event.about === '' ? undefined : said(carrierOf(event), `${event.state}: ${event.about}`);
    case 'retry':
      return said(carrierOf(event), `step ${event.state} is tried again: ${event.because}`, 'bad');
    case 'alarm':
      return said('alarm', `${event.name} in ${event.region} is ${event.state}`, event.state === 'OK' ? 'good' : 'bad');
    case 'database':
      return said('rds', event.text);
    case 'schedule':
      return said('lab', `the one-shot schedule ${event.name} fires`);
    case 'function':
      return ofFunction(event.event);
  }
}

const carrierOf = ({ machine }: { readonly machine: string }) => (machine === NAMES.databaseMachine ? 'database' : 'drill');

function ofFunction(event: Extract<LabEvent, { kind: 'function' }>['event']): Said {
  if (event.kind === 'killed') return said('lab', `${event.name} is killed in the middle (SIGKILL)`, 'bad');
  return event.kind === 'failed' ? said('lab', `${event.name} failed: ${event.because}`, 'bad') : undefined;
}

function ofPagerDuty(request: PagerDutyRequest, lab: Lab): Said {
  const { atMs, endpoint, event, status } = request;
  if (status !== 202) return said('pagerduty', `answers ${status ?? 'nothing'}${request.why ? `: ${request.why}` : ''}`, 'bad');
  if (endpoint === 'change')
    return said('pagerduty', `notes: ${(event.payload as { summary?: string } | undefined)?.summary ?? ''}`);
  const incident = lab.pagerDuty.incidents().findLast((one) => one.dedupKey === event.dedup_key);
  if (incident?.openedAtMs === atMs && incident.triggers === 1) {
    return said(
      'pagerduty',
      `incident opened (${incident.severity}): ${incident.summary}`,
      incident.severity === 'info' ? 'plain' : 'bad',
    );
  }
  return incident?.resolvedAtMs === atMs ? said('pagerduty', `incident resolved: ${incident.summary}`, 'good') : undefined;
}

const FAULTS: Readonly<Record<string, string>> = {
  refused: 'it refuses connections',
  http500: 'it answers every request with 500',
  slow: 'it answers after 3 s',
  blackHole: 'it swallows every connection attempt',
};

const changes = (changed: Readonly<Record<string, unknown>>) =>
  Object.entries(changed)
    .map(([key, value]) => `${key} is now ${String(value)}`)
    .join(', ');
