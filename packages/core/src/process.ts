// This list is the public API of @toolyard/core/process. Node only.
export {};
