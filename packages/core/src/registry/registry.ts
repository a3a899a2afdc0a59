import { DefinitionError } from '../errors.ts';
import type { InputLimits } from './argument-limits.ts';
import { compilePrompt, type CompiledPrompt, type Prompt } from './prompt.ts';
import { compileResource, type CompiledResource, type Resource } from './resource.ts';
import { compileTool, type CompiledTool, type Tool } from './tool.ts';

/** Anything an app can serve. */
export type Definition<Context extends object = any> =
  Tool<any, any, Context> | Resource<Context> | Prompt<Context>;

/** `tool`, `resource` or `prompt`. */
export type DefinitionKind = Definition['kind'];

/** The definitions of one app, in the order they were added. */
export class Registry {
  readonly tools = new Map<string, CompiledTool>();
  readonly resources = new Map<string, CompiledResource>();
  readonly prompts = new Map<string, CompiledPrompt>();
  readonly #disabled = new Set<string>();
  readonly #inputLimits: InputLimits;

  constructor(inputLimits: InputLimits) {
    this.#inputLimits = inputLimits;
  }

  /** @throws {DefinitionError} `NAME_TAKEN`, or what compiling it throws. */
  add(definition: Definition): void {
    const name = nameOf(definition);
    if (this.#has(definition.kind, name)) throw nameTaken(definition.kind, name);
    switch (definition.kind) {
      case 'tool':
        this.tools.set(name, compileTool(definition, this.#inputLimits));
        break;
      case 'resource':
        this.resources.set(name, compileResource(definition));
        break;
      case 'prompt':
        this.prompts.set(name, compilePrompt(definition, this.#inputLimits));
        break;
    }
  }

  /** Whether there was something to remove. */
  remove(kind: DefinitionKind, name: string): boolean {
    this.#disabled.delete(`${kind} ${name}`);
    return this.#mapOf(kind).delete(name);
  }

  /** Whether this changed anything. */
  setEnabled(kind: DefinitionKind, name: string, enabled: boolean): boolean {
    if (!this.#has(kind, name)) return false;
    const key = `${kind} ${name}`;
    if (enabled) return this.#disabled.delete(key);
    if (this.#disabled.has(key)) return false;
    this.#disabled.add(key);
    return true;
  }

  isEnabled(kind: DefinitionKind, name: string): boolean {
    return this.#disabled.size === 0 || !this.#disabled.has(`${kind} ${name}`);
  }

  #has(kind: DefinitionKind, name: string): boolean {
    return this.#mapOf(kind).has(name);
  }

  #mapOf(kind: DefinitionKind): Map<string, unknown> {
    return kind === 'tool' ? this.tools : kind === 'resource' ? this.resources : this.prompts;
  }
}

/** What a definition is known by within its kind. */
export function nameOf(definition: Definition): string {
  return definition.kind === 'resource' ? definition.address : definition.name;
}

export function nameTaken(kind: string, name: string): DefinitionError {
  return new DefinitionError(
    'NAME_TAKEN',
    `There is already a ${kind} "${name}" in this app. Remove it first, or mount one of them.`,
  );
}
