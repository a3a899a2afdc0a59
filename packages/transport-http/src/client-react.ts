// This list is the public API of @toolyard/transport-http/client/react.
export { McpProvider, useMcp, type Mcp, type McpProviderProps } from './client/react/provider.ts';
export { useEvents } from './client/react/use-events.ts';
export { useResource, type ResourceHandle } from './client/react/use-resource.ts';
export { useTool, type ToolHandle, type ToolStatus } from './client/react/use-tool.ts';
