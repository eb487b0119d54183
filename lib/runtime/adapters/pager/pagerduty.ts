import { request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { PagerAnswer } from '../../../decide/alert';
import type { PagerDuty } from '../../ports';

/** Longest wait for a whole answer, in ms. PagerDuty takes the message on the next try anyway. */
const ANSWER_MS = 5_000;
/** Of a refusal, its beginning is enough. */
const BODY_CHARS = 4_096;

const PATHS = { enqueue: '/v2/enqueue', change: '/v2/change/enqueue' } as const;

/** Events API v2 over HTTP. A new connection each time: Lambda freezes between calls, and a frozen one is dead. */
export class HttpPagerDuty implements PagerDuty {
  /**
   * @param baseUrl such as `https://events.pagerduty.com`
   * @param ca PEM of an authority to trust in place of the public ones
   */
  public constructor(
    private readonly baseUrl: string,
    private readonly answerMs: number = ANSWER_MS,
    private readonly ca?: string,
  ) {}

  public async post(endpoint: 'enqueue' | 'change', event: Readonly<Record<string, unknown>>): Promise<PagerAnswer> {
    const body = Buffer.from(JSON.stringify(event));
    try {
      return redacted(await this.exchange(new URL(PATHS[endpoint], this.baseUrl), body), event);
    } catch (error) {
      return { kind: 'network', because: error instanceof Error ? error.message || error.name : String(error) };
    }
  }

  private exchange(url: URL, body: Buffer): Promise<PagerAnswer> {
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const options: RequestOptions = { method: 'POST', agent: false, headers, ...(this.ca ? { ca: this.ca } : {}) };
    return new Promise((resolve, reject) => {
      const request = send(url, options, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          if (text.length < BODY_CHARS) text += chunk.slice(0, BODY_CHARS - text.length);
        });
        response.on('error', fail);
        response.on('end', () => {
          clearTimeout(timer);
          const retryAfterSec = Number(response.headers['retry-after']);
          resolve({
            kind: 'status',
            status: response.statusCode ?? 0,
            body: text,
            ...(retryAfterSec > 0 ? { retryAfterSec } : {}),
          });
        });
      });
      const timer = setTimeout(() => request.destroy(new Error(`no answer within ${this.answerMs} ms`)), this.answerMs);
      function fail(error: Error): void {
        clearTimeout(timer);
        reject(error);
      }
      request.on('error', fail);
      request.end(body);
    });
  }
}

/** An answer goes to logs and to the dead-letter queue; the key does not. */
function redacted(answer: PagerAnswer, event: Readonly<Record<string, unknown>>): PagerAnswer {
  const key = event['routing_key'];
  if (answer.kind !== 'status' || typeof key !== 'string' || key === '') return answer;
  return { ...answer, body: answer.body.replaceAll(key, '(routing key)') };
}
