/** What one side answers, by record type. */
export interface SiteAnswers {
  readonly answers: readonly { readonly type: 'A' | 'AAAA' | 'CNAME'; readonly values: readonly string[] }[];
}

/** One server's answer about one record type; `undefined` values: it could not be learned. */
export interface Asked {
  readonly type: 'A' | 'AAAA' | 'CNAME';
  readonly values: readonly string[] | undefined;
}

export type Serves = 'primary' | 'standby' | 'other' | 'unknown';

const same = (value: string) => value.toLowerCase().replace(/\.$/, '');

/** True when every value belongs to the side, and there is one. */
export function answersSide(side: SiteAnswers, asked: Asked): boolean {
  const own = side.answers.filter((a) => a.type === asked.type).flatMap((a) => a.values.map(same));
  return asked.values !== undefined && asked.values.length > 0 && asked.values.every((value) => own.includes(same(value)));
}

/** Which side one name server answers. One unknown record type makes the whole answer unknown. */
export function serves(asked: readonly Asked[], primary: SiteAnswers, standby: SiteAnswers): Serves {
  if (asked.length === 0 || asked.some((a) => a.values === undefined)) return 'unknown';
  if (asked.every((a) => answersSide(primary, a))) return 'primary';
  if (asked.every((a) => answersSide(standby, a))) return 'standby';
  return 'other';
}

/** Record types of the pair; both sides render the same. */
export const recordTypes = (side: SiteAnswers) => [...new Set(side.answers.map((a) => a.type))];

/** A TXT beacon's text, with anything unexpected as unknown. */
export function beaconSays(values: readonly string[] | undefined): 'healthy' | 'unhealthy' | 'unknown' {
  if (values?.length !== 1) return 'unknown';
  return values[0] === 'healthy' || values[0] === 'unhealthy' ? values[0] : 'unknown';
}
