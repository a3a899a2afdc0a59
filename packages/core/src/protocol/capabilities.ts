import type { ClientCapabilities, InputRequest } from './messages.ts';

/**
 * The capabilities a client has to have declared before it may be asked this, or `undefined` when it has them all.
 * A bare `elicitation: {}` counts as form elicitation, which is what it meant before modes existed.
 */
export function missingCapabilities(
  request: InputRequest,
  declared: ClientCapabilities,
): Record<string, unknown> | undefined {
  switch (request.method) {
    case 'roots/list':
      return declared.roots ? undefined : { roots: {} };
    case 'sampling/createMessage': {
      const usesTools = request.params.tools !== undefined || request.params.toolChoice !== undefined;
      if (!declared.sampling) return { sampling: usesTools ? { tools: {} } : {} };
      return usesTools && !declared.sampling.tools ? { sampling: { tools: {} } } : undefined;
    }
    case 'elicitation/create': {
      const mode = request.params.mode ?? 'form';
      const modes = declared.elicitation;
      if (modes?.[mode]) return undefined;
      const bare = modes !== undefined && modes.form === undefined && modes.url === undefined;
      return bare && mode === 'form' ? undefined : { elicitation: { [mode]: {} } };
    }
  }
}
