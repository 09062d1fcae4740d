import type { JsonObject } from '#domain/kernel/canonical.ts';
import { jsonSchemas } from '#domain/kernel/json-schema.ts';
import { PaymentNotice, SIGNATURE_HEADER } from '#domain/kernel/ports/payments.ts';
import { PAYMENT_NOTICES } from '../paths.ts';
import { commonResponse, described, portResponses, rejectionName } from './answers.ts';
import { jsonOf, oneOf, ref, toComponent } from './json.ts';

// What the port serves beside commands: health, and the provider's notices.

const { $defs } = jsonSchemas({ PaymentNotice });

const text = { type: 'string' };
const constant = (value: string): JsonObject => ({ type: 'string', const: value });
const object = (properties: JsonObject, required = Object.keys(properties)): JsonObject => ({
  type: 'object',
  required,
  properties,
});

type Components = readonly (readonly [name: string, component: JsonObject])[];

export function platformSchemas(): Components {
  const components = { type: 'object', additionalProperties: ref('ComponentHealth') };
  return [
    // Among them the notice: it is read tolerantly, because providers add fields.
    ...Object.entries($defs).map(([name, schema]) => [name, toComponent(schema)] as const),
    ['ComponentHealth', object({ ready: { type: 'boolean' }, detail: text }, ['ready'])],
    ['Live', object({ status: constant('live') })],
    ['Ready', object({ status: { type: 'string', enum: ['ready', 'degraded'] }, components }, ['status'])],
    [
      'NotReady',
      object({ status: { type: 'string', enum: ['not-ready', 'closing'] }, components }, ['status']),
    ],
    ['NoticeRecorded', object({ outcome: constant('recorded') })],
    ['NoticeKnown', object({ outcome: constant('known') })],
    ['NoticeKept', object({ outcome: constant('kept'), code: text })],
  ];
}

export const signatureScheme: JsonObject = {
  type: 'apiKey',
  in: 'header',
  name: SIGNATURE_HEADER,
  description: '`t=<milliseconds>,v1=<hex of HMAC-SHA256 over "t.body">`, with the secret of the provider.',
};

const health: JsonObject = {
  '/health/live': {
    get: {
      operationId: 'Live',
      tags: ['platform'],
      summary: 'Whether the process answers.',
      security: [],
      responses: { '200': described('It does.', ref('Live')) },
    },
  },
  '/health/ready': {
    get: {
      operationId: 'Ready',
      tags: ['platform'],
      summary:
        'Whether people are served here. `degraded`: they are, and something behind it has trouble; what, is for the operator, in production.',
      security: [],
      responses: {
        '200': described('They are.', ref('Ready')),
        '503': described('They are not, or the platform closes.', ref('NotReady')),
      },
    },
  },
};

const notices: JsonObject = {
  [PAYMENT_NOTICES]: {
    post: {
      operationId: 'TakePaymentNotice',
      tags: ['platform'],
      summary:
        'Takes a signed notice of the payment provider, as long as any body may be; one that comes twice is recorded once.',
      security: [{ signature: [] }],
      requestBody: { required: true, content: jsonOf(ref('PaymentNotice')) },
      responses: {
        '200': described(
          'Durable: recorded with its payment, known from before, or kept for somebody to look at, with the code that says why. There is nothing to repeat.',
          oneOf('outcome', [
            ['recorded', 'NoticeRecorded'],
            ['known', 'NoticeKnown'],
            ['kept', 'NoticeKept'],
          ]),
        ),
        ...portResponses,
        '400': commonResponse(400),
        '401': described('The signature is missing, wrong or old.', ref(rejectionName('bad_signature'))),
        '500': commonResponse(500),
        '503': commonResponse(503),
      },
    },
  },
};

export const platformPaths: JsonObject = { ...health, ...notices };
