import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery, type MetricDataResult } from '@aws-sdk/client-cloudwatch';
import type { DatabaseMember, DatabaseRegistration } from '../../../contracts/database';
import type { Unknown } from '../../ports';
import type { LagSample, Lags } from '../../ports/database';
import { clientSettings, unknownBecause } from '../clients';
import { Regional } from '../regional';
import { LOOK } from './orders';

/** RDS publishes once a minute. */
const PERIOD_SEC = 60;
const PERIOD_MS = PERIOD_SEC * 1000;
/** A day of samples and more comes in one page; asking on without end would hide the one that matters. */
const MAX_PAGES = 5;

interface LagMetric {
  readonly name: string;
  readonly toMs: number;
  readonly dimensionSets: readonly Readonly<Record<string, string>>[];
}

/**
 * Lag of a replica from CloudWatch of its own Region. A minute without a datapoint between two others is unknown; at the
 * end it is merely not there yet, and the age of the last sample is judged by whoever decides.
 */
export class CloudWatchLags implements Lags {
  private readonly clients = new Regional((region) => new CloudWatchClient(clientSettings({ ...LOOK, region })));

  public async samples(
    registration: DatabaseRegistration,
    member: DatabaseMember,
    fromMs: number,
    toMs: number,
  ): Promise<readonly LagSample[] | Unknown> {
    const metric = metricOf(registration, member);
    // CloudWatch aligns to whole minutes and leaves the end out.
    const from = Math.floor(fromMs / PERIOD_MS) * PERIOD_MS;
    const to = Math.floor(toMs / PERIOD_MS) * PERIOD_MS + PERIOD_MS;
    try {
      const results = await this.results(member.region, queriesOf(metric), from, to);
      if ('kind' in results) return results;
      return withGaps(highest(results), metric).filter((sample) => sample.atMs <= toMs);
    } catch (error) {
      return unknownBecause(error);
    }
  }

  private async results(
    region: string,
    MetricDataQueries: MetricDataQuery[],
    fromMs: number,
    toMs: number,
  ): Promise<readonly MetricDataResult[] | Unknown> {
    const found: MetricDataResult[] = [];
    let NextToken: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const answer = await this.clients.in(region).send(
        new GetMetricDataCommand({
          MetricDataQueries,
          StartTime: new Date(fromMs),
          EndTime: new Date(toMs),
          ScanBy: 'TimestampAscending',
          NextToken,
        }),
      );
      const broken = answer.MetricDataResults?.find(
        ({ StatusCode }) => StatusCode === 'InternalError' || StatusCode === 'Forbidden',
      );
      if (broken) return { kind: 'unknown', because: `CloudWatch could not read the lag: ${broken.StatusCode}` };
      found.push(...(answer.MetricDataResults ?? []));
      NextToken = answer.NextToken;
      if (NextToken === undefined) return found;
    }
    return { kind: 'unknown', because: `more than ${MAX_PAGES} pages of lag samples` };
  }
}

/** Aurora counts in milliseconds, RDS in seconds. */
function metricOf(registration: DatabaseRegistration, member: DatabaseMember): LagMetric {
  if (registration.kind === 'auroraGlobal') {
    const cluster = { DBClusterIdentifier: member.id };
    const others = [registration.source, ...registration.replicas].map(({ region }) => region);
    const source = others.find((region) => region !== member.region) ?? registration.primaryRegion;
    // Published with and without the Region of the source, depending on the version.
    return { name: 'AuroraGlobalDBRPOLag', toMs: 1, dimensionSets: [cluster, { ...cluster, SourceRegion: source }] };
  }
  return { name: 'ReplicaLag', toMs: 1000, dimensionSets: [{ DBInstanceIdentifier: member.id }] };
}

const queriesOf = ({ name, dimensionSets }: LagMetric): MetricDataQuery[] =>
  dimensionSets.map((dimensions, n) => ({
    Id: `lag${n}`,
    MetricStat: {
      Metric: {
        Namespace: 'AWS/RDS',
        MetricName: name,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: PERIOD_SEC,
      Stat: 'Maximum',
    },
  }));

/** Highest value per minute. A negative one says "not replicating" and must not hide behind a good one. */
function highest(results: readonly MetricDataResult[]): ReadonlyMap<number, number> {
  const byMinute = new Map<number, number>();
  for (const { Timestamps = [], Values = [] } of results) {
    Timestamps.forEach((at, n) => {
      const value = Values[n];
      const known = byMinute.get(at.getTime());
      if (value === undefined || (known !== undefined && known < 0)) return;
      byMinute.set(at.getTime(), known === undefined || value < 0 ? value : Math.max(known, value));
    });
  }
  return byMinute;
}

function withGaps(byMinute: ReadonlyMap<number, number>, metric: LagMetric): readonly LagSample[] {
  const minutes = [...byMinute.keys()].sort((a, b) => a - b);
  const [first, last] = [minutes[0], minutes.at(-1)];
  if (first === undefined || last === undefined) return [];
  const samples: LagSample[] = [];
  for (let atMs = first; atMs <= last; atMs += PERIOD_MS) {
    const value = byMinute.get(atMs);
    if (value === undefined) samples.push({ kind: 'unknown', atMs, because: `no datapoint of ${metric.name}` });
    else if (value < 0) samples.push({ kind: 'unknown', atMs, because: `${metric.name} of ${value}: replication does not run` });
    else samples.push({ kind: 'lag', atMs, ms: value * metric.toMs });
  }
  return samples;
}
