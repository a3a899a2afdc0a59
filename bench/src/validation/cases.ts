import { z } from 'zod';

/** A schema and values that fit it or do not. */
export interface Case {
  id: string;
  /** The size of one value against the others': how many values make a block of equal length. */
  weight: number;
  schema: () => z.ZodObject;
  values: { id: string; valid: boolean; value: unknown }[];
}

const elements = 1_000;

/** What an echo tool takes. */
const small: Case = {
  id: 'small',
  weight: 0.2,
  schema: () => z.object({ text: z.string() }),
  values: [
    { id: 'valid', valid: true, value: { text: 'x'.repeat(52) } },
    { id: 'wrong', valid: false, value: { text: 7 } },
  ],
};

const order = {
  id: 'order-4711',
  customer: 'customer-17',
  email: 'ann@example.org',
  phone: '+49 30 901820',
  note: 'Ring twice.',
  currency: 'EUR',
  channel: 'web',
  status: 'paid',
  total: 129.95,
  discount: 0.1,
  lines: 3,
  weightGrams: 1_200,
  gift: false,
  express: true,
  tags: ['new', 'fragile', 'invoice'],
  coupons: ['SPRING', 'FRIEND'],
  steps: [1, 2, 3, 5, 8],
  billing: { street: 'Main street 1', city: 'Berlin', zip: '10115', country: 'DE' },
  shipping: { street: 'Side street 2', city: 'Hamburg', zip: '20095', country: 'DE' },
  items: [
    { sku: 'A-1', count: 2, price: 19.99 },
    { sku: 'B-2', count: 1, price: 89.97 },
  ],
};

/** Twenty fields: nested objects, enums, arrays, bounds and patterns. */
const medium: Case = {
  id: 'medium',
  weight: 10,
  schema: orderSchema,
  values: [
    { id: 'valid', valid: true, value: order },
    {
      id: 'three wrong',
      valid: false,
      value: { ...order, status: 'lost', lines: 0, billing: { ...order.billing, zip: 'none' } },
    },
  ],
};

const points = Array.from({ length: elements }, (_, index) => ({
  id: index,
  label: `point ${index}`,
  kind: index % 2 === 0 ? 'start' : 'end',
  at: { x: index / 7, y: index / 3 },
}));

/** A thousand objects in an array. */
const large: Case = {
  id: 'large',
  weight: elements,
  schema: () => z.object({ points: z.array(pointSchema()) }),
  values: [
    { id: 'valid', valid: true, value: { points } },
    { id: 'one wrong', valid: false, value: { points: points.with(500, { ...points[500]!, kind: '?' }) } },
    { id: 'all wrong', valid: false, value: { points: points.map((point) => ({ ...point, kind: '?' })) } },
  ],
};

export const cases: readonly Case[] = [small, medium, large];

function orderSchema() {
  const address = z.object({
    street: z.string().min(1),
    city: z.string().min(1),
    zip: z.string().regex(/^\d{5}$/),
    country: z.enum(['DE', 'AT', 'CH']),
  });
  return z.object({
    id: z.string().min(1),
    customer: z.string().min(1).max(64),
    email: z.string().max(254),
    phone: z.string().optional(),
    note: z.string().max(1_000).optional(),
    currency: z.enum(['EUR', 'CHF', 'USD']),
    channel: z.enum(['web', 'shop', 'phone']),
    status: z.enum(['open', 'paid', 'sent', 'closed']),
    total: z.number().min(0),
    discount: z.number().min(0).max(1).optional(),
    lines: z.number().int().min(1),
    weightGrams: z.number().int(),
    gift: z.boolean(),
    express: z.boolean(),
    tags: z.array(z.string()).max(20),
    coupons: z.array(z.string()).optional(),
    steps: z.array(z.number()),
    billing: address,
    shipping: address.optional(),
    items: z.array(z.object({ sku: z.string(), count: z.number().int().min(1), price: z.number().min(0) })),
  });
}

function pointSchema() {
  return z.object({
    id: z.number().int(),
    label: z.string(),
    kind: z.enum(['start', 'end']),
    at: z.object({ x: z.number(), y: z.number() }),
  });
}
