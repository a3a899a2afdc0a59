// This list is the public API of @toolyard/transport-http/testing.
export { testHttpState, type StateTestApi, type StateUnderTest } from './sessions/testing/state-contract.ts';
