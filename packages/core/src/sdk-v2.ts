// This list is the public API of @toolyard/core/sdk-v2.
export type { AttachOptions } from './sdk/attach/attach.ts';
export type { SdkAppOptions } from './sdk/bridge/create-sdk-app.ts';
export type { SdkServerSource } from './sdk/bridge/host-connections.ts';
export type { SdkMessageInfo } from './sdk/attach/identity.ts';
export type { AnySdkServer, SdkAuthInfo, SdkServer } from './sdk/sdk-server.ts';
export { attachToV2 } from './sdk-v2/attach-to-v2.ts';
export { createV2App } from './sdk-v2/create-v2-app.ts';
export { forwardChanges, type ChangeNotifier } from './sdk-v2/forward-changes.ts';
