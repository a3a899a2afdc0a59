// This list is the public API of @toolyard/core/sdk-v1.
export type { AttachOptions } from './sdk/attach/attach.ts';
export type { SdkAppOptions } from './sdk/bridge/create-sdk-app.ts';
export type { SdkServerSource } from './sdk/bridge/host-connections.ts';
export type { SdkMessageInfo } from './sdk/attach/identity.ts';
export type { AnySdkServer, SdkAuthInfo, SdkServer } from './sdk/sdk-server.ts';
export { attachToV1 } from './sdk-v1/attach-to-v1.ts';
export { createV1App } from './sdk-v1/create-v1-app.ts';
