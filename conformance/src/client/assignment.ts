import { z } from 'zod';

/** What one start of the client is about. */
export interface Assignment {
  readonly url: URL;
  readonly scenario: string;
  readonly revision: string;
  /** Calls the scenario wants made, with exactly these arguments. */
  readonly toolCalls: readonly ToolCall[] | undefined;
  /** The client's account at the authorization server, where it has one already. */
  readonly registration: Registration | undefined;
}

type ToolCall = z.infer<typeof toolCall>;
export type Registration = z.infer<typeof registration>;

const toolCall = z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()) });
const registration = z.object({ client_id: z.string(), client_secret: z.string(), issuer: z.string() });

const environment = z.object({
  MCP_CONFORMANCE_SCENARIO: z.string(),
  MCP_CONFORMANCE_PROTOCOL_VERSION: z.string(),
  MCP_CONFORMANCE_CONTEXT: z.string().default('{}'),
});

/** Reads the command line and the environment the suite starts clients with. */
export function readAssignment(): Assignment {
  const { MCP_CONFORMANCE_SCENARIO, MCP_CONFORMANCE_PROTOCOL_VERSION, MCP_CONFORMANCE_CONTEXT } =
    environment.parse(process.env);
  const context: unknown = JSON.parse(MCP_CONFORMANCE_CONTEXT);
  return {
    url: new URL(z.string().parse(process.argv[2])),
    scenario: MCP_CONFORMANCE_SCENARIO,
    revision: MCP_CONFORMANCE_PROTOCOL_VERSION,
    toolCalls: z.object({ toolCalls: z.array(toolCall) }).safeParse(context).data?.toolCalls,
    registration: registration.safeParse(context).data,
  };
}
