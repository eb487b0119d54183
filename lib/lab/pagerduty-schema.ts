/**
 * Events of PagerDuty's Events API v2 as JSON Schema, from the documented fields and limits. Stricter than the service
 * where the service is silent about nonsense, so that the lab finds it.
 *
 * @see https://github.com/PagerDuty/developer-docs/blob/main/docs/events-API-v2/02-Trigger-Events.md
 */

const routingKey = { type: 'string', minLength: 32, maxLength: 32 };
const links = {
  type: 'array',
  items: {
    type: 'object',
    required: ['href'],
    additionalProperties: false,
    properties: { href: { type: 'string', pattern: '^https?://' }, text: { type: 'string' } },
  },
};
const summary = { type: 'string', minLength: 1, maxLength: 1024 };
const text = { type: 'string', minLength: 1 };
const timestamp = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:?\\d{2})$' };

export const INCIDENT_EVENT = {
  type: 'object',
  required: ['routing_key', 'event_action'],
  additionalProperties: false,
  properties: {
    routing_key: routingKey,
    event_action: { enum: ['trigger', 'acknowledge', 'resolve'] },
    dedup_key: { type: 'string', minLength: 1, maxLength: 255 },
    client: text,
    client_url: text,
    links,
    images: { type: 'array' },
    payload: {
      type: 'object',
      required: ['summary', 'source', 'severity'],
      additionalProperties: false,
      properties: {
        summary,
        source: text,
        severity: { enum: ['critical', 'error', 'warning', 'info'] },
        timestamp,
        component: text,
        group: text,
        class: text,
        custom_details: { type: 'object' },
      },
    },
  },
  anyOf: [
    { properties: { event_action: { const: 'trigger' } }, required: ['payload'] },
    { properties: { event_action: { enum: ['acknowledge', 'resolve'] } }, required: ['dedup_key'] },
  ],
};

/** @see https://github.com/PagerDuty/developer-docs/blob/main/docs/events-API-v2/03-Change-Events.md */
export const CHANGE_EVENT = {
  type: 'object',
  required: ['routing_key', 'payload'],
  additionalProperties: false,
  properties: {
    routing_key: routingKey,
    links,
    images: { type: 'array' },
    payload: {
      type: 'object',
      required: ['summary'],
      additionalProperties: false,
      properties: { summary, source: text, timestamp, custom_details: { type: 'object' } },
    },
  },
};

/** 512 KB for the whole event. */
export const EVENT_BYTES = 512 * 1024;
