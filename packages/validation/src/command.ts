// This list is the public API of @toolyard/validation/command.
export {};
