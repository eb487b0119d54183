/** How many clients stand for the users, and how many good answers in a row make one of them served. */
export const CLIENTS = 8;
export const GOOD_IN_A_ROW = 10;

/** A client that honours TTLs: it asks again only when its answer has run out. */
export interface Client {
  readonly index: number;
  readonly values: readonly string[];
  readonly expiresAtMs: number;
  /** How often it asked, so that it goes round the name servers. */
  readonly asks: number;
  readonly streak: number;
  readonly streakSinceMs?: number;
  /** First of ten good answers in a row from the standby. */
  readonly servedAtMs?: number;
}

/** Clients whose warm answers run out one after the other, evenly over one TTL. */
export function warmClients(values: readonly string[], ttlSec: number, nowMs: number): readonly Client[] {
  return Array.from({ length: CLIENTS }, (_, index) => ({
    index,
    values,
    expiresAtMs: nowMs + Math.round((ttlSec * 1000 * (index + 1)) / CLIENTS),
    asks: 0,
    streak: 0,
  }));
}

export const mustAsk = (client: Client, nowMs: number) => nowMs >= client.expiresAtMs || client.values.length === 0;

/** The server that this client asks next. */
export const nextServer = (client: Client, servers: readonly string[]) =>
  servers[(client.index + client.asks) % Math.max(servers.length, 1)];

/** Takes an answer in. Without one the client keeps nothing: its answer has run out. */
export function learned(client: Client, values: readonly string[] | undefined, ttlSec: number, nowMs: number): Client {
  return { ...client, asks: client.asks + 1, values: values ?? [], expiresAtMs: values ? nowMs + ttlSec * 1000 : nowMs };
}

/** Takes the result of one request in. `fromStandby`: good, and the standby gave it. `atMs`: when the answer was there. */
export function requested(client: Client, fromStandby: boolean, atMs: number): Client {
  if (client.servedAtMs !== undefined) return client;
  if (!fromStandby) return { ...client, streak: 0, streakSinceMs: undefined };
  const streakSinceMs = client.streak === 0 ? atMs : client.streakSinceMs;
  const streak = client.streak + 1;
  return { ...client, streak, streakSinceMs, ...(streak >= GOOD_IN_A_ROW ? { servedAtMs: streakSinceMs } : {}) };
}

/** When the last client was served; `undefined` while one is not. */
export function lastServed(clients: readonly Client[]): number | undefined {
  if (clients.length === 0) return undefined;
  let last = Number.NEGATIVE_INFINITY;
  for (const client of clients) {
    if (client.servedAtMs === undefined) return undefined;
    last = Math.max(last, client.servedAtMs);
  }
  return last;
}
