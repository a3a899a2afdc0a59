// This list is the public API of @toolyard/core/sdk-v2.
export type { AttachOptions } from './sdk/attach/attach.ts';
export type { SdkMessageInfo } from './sdk/attach/identity.ts';
export type { AnySdkServer, SdkAuthInfo, SdkServer } from './sdk/sdk-server.ts';
export { attachToV2 } from './sdk-v2/attach-to-v2.ts';
export { forwardChanges, type ChangeNotifier } from './sdk-v2/forward-changes.ts';
