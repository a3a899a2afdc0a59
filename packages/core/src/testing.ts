// This list is the public API of @toolyard/core/testing.
export {
  testArtifactStore,
  type ArtifactTestFiles,
  type ArtifactTestLimits,
  type CreateArtifactStore,
} from './process/artifacts/artifact-store-contract.ts';
export { type CassetteEntry, type CassetteEvent, type Redact } from './testing/cassette.ts';
export { type ChangeStream } from './testing/change-stream.ts';
export {
  checkCassette,
  type CassetteDifference,
  type CheckCassetteOptions,
} from './testing/check-cassette.ts';
export { fakeClock, type FakeClock } from './testing/fake-clock.ts';
export { type InputHandlers } from './testing/input-handlers.ts';
export { recordExchanges, type Recording } from './testing/record.ts';
export { replay, type ReplayOptions } from './testing/replay.ts';
export {
  testStore,
  type CreateStore,
  type StoreTestApi,
  type StoreTestLimits,
  type StoreTestOptions,
  type StoreTraits,
} from './testing/store-contract.ts';
export {
  createTestClient,
  type ServerDescription,
  type TestClient,
  type ToolResult,
} from './testing/test-client.ts';
export { type TestClientOptions, type TestRequestOptions } from './testing/test-connection.ts';
