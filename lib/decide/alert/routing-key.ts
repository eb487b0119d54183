import { LIMITS } from './limits';

export type RoutingKey = { readonly kind: 'key'; readonly key: string } | { readonly kind: 'unknown'; readonly because: string };

/** The routing key in a secret: the text itself, or `routingKey` of a JSON object. Never quotes the secret. */
export function routingKeyIn(secret: string): RoutingKey {
  const key = fromJson(secret) ?? secret.trim();
  if (key.length !== LIMITS.routingKeyChars || !/^[A-Za-z0-9_+/-]+$/.test(key)) {
    return {
      kind: 'unknown',
      because: `the secret holds no routing key: expected ${LIMITS.routingKeyChars} characters, as text or as routingKey in JSON, found ${key.length}`,
    };
  }
  return { kind: 'key', key };
}

function fromJson(secret: string): string | undefined {
  try {
    const value: unknown = JSON.parse(secret);
    if (typeof value !== 'object' || value === null) return undefined;
    const key = (value as Record<string, unknown>)['routingKey'];
    return typeof key === 'string' ? key : '';
  } catch {
    return undefined;
  }
}
