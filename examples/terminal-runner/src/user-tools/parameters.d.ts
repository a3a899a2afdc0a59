import { z } from 'zod';
import type { Values } from './template.ts';
import { type Parameter } from './tools-file.ts';
/** What a model may pass to a tool with these parameters. Names that are not among them are refused. */
export declare function argumentsSchema(parameters: Readonly<Record<string, Parameter>>): z.ZodType<Values>;
/**
 * What is wrong with a parameter itself, as the end of a sentence; `undefined` when nothing is.
 */
export declare function parameterProblem(parameter: Parameter): string | undefined;
//# sourceMappingURL=parameters.d.ts.map
