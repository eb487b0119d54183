import type { Chance, Log, Time } from '../ports';

export class SystemTime implements Time {
  public nowMs(): number {
    return Date.now();
  }
  public sleep(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }
}

export class SystemChance implements Chance {
  public uniform(): number {
    return Math.random();
  }
}

/** One JSON line per entry, as Lambda's log format wants it. */
export class JsonLog implements Log {
  constructor(private readonly source: string) {}

  public info(what: string, facts: Readonly<Record<string, unknown>> = {}): void {
    console.log(JSON.stringify({ level: 'INFO', source: this.source, message: what, ...facts }));
  }
  public error(what: string, facts: Readonly<Record<string, unknown>> = {}): void {
    console.error(JSON.stringify({ level: 'ERROR', source: this.source, message: what, ...facts }));
  }
}
