// This list is the public API of @toolyard/core/sdk-v1.
export type { AttachOptions } from './sdk/attach/attach.ts';
export type { SdkMessageInfo } from './sdk/attach/identity.ts';
export type { AnySdkServer, SdkAuthInfo, SdkServer } from './sdk/sdk-server.ts';
export { attachToV1 } from './sdk-v1/attach-to-v1.ts';
