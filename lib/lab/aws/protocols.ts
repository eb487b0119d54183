import { randomUUID } from 'node:crypto';
import type { AwsFault, AwsReply } from './call';

/** AWS JSON 1.0 and 1.1, and the JSON of REST services. */
export const json = (value: unknown, status = 200): AwsReply => ({
  status,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: JSON.stringify(value ?? {}),
});

export const jsonError = (error: AwsFault): AwsReply => ({
  status: error.status,
  headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': error.code },
  body: JSON.stringify({ __type: error.code, message: error.message, Message: error.message }),
});

export const xml = (body: string, status = 200): AwsReply => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${body}`,
});

export const xmlError = (namespace: string) => (error: AwsFault) =>
  xml(
    `<ErrorResponse xmlns="${namespace}"><Error><Type>${error.status < 500 ? 'Sender' : 'Receiver'}</Type>` +
      `${tag('Code', error.code)}${tag('Message', error.message)}</Error>${tag('RequestId', randomUUID())}</ErrorResponse>`,
    error.status,
  );

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

const escapeXml = (text: string) => text.replace(/[&<>"']/g, (c) => ESCAPES[c] ?? c);

const unescapeXml = (text: string) =>
  text.replace(/&(amp|lt|gt|quot|apos|#x[0-9a-f]+|#\d+);/gi, (whole, name: string) => {
    if (name.startsWith('#'))
      return String.fromCodePoint(name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1)));
    return Object.entries(ESCAPES).find(([, escaped]) => escaped === `&${name};`)?.[0] ?? whole;
  });

/** One element; nothing when the value is absent. */
export const tag = (name: string, value: string | number | boolean | undefined) =>
  value === undefined ? '' : `<${name}>${escapeXml(String(value))}</${name}>`;

/** Text of the first element of that name. The bodies we read are flat, so no parser is needed. */
export function textOf(body: string, name: string): string | undefined {
  const found = new RegExp(`<${name}(?:\\s[^>]*)?>([^<]*)</${name}>`).exec(body);
  return found ? unescapeXml(found[1] ?? '') : undefined;
}

/** Texts of all elements of that name. */
export const textsOf = (body: string, name: string): string[] =>
  [...body.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([^<]*)</${name}>`, 'g'))].map((m) => unescapeXml(m[1] ?? ''));
