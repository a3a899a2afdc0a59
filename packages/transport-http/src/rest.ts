export type { Beside, BesideHandler } from './beside/beside.ts';
export type { FrontOptions } from './beside/front.ts';
export type { Problem } from './beside/problem.ts';
export type { BatchItem, BatchOptions } from './rest/batch.ts';
export { createRestHandler, rest, type RestOptions } from './rest/handler.ts';
export type { DocumentOptions } from './rest/openapi/options.ts';
