import { InvalidParamsError, MissingCapabilityError } from '../../errors.ts';
import { describeIssues, validatorOf } from '../../registry/schema.ts';
import type { Extension, ExtensionMethod } from '../extension.ts';
import { orAbort } from '../run-handler.ts';
import type { Method } from './method.ts';

/** How one method of an extension is served. */
export function toMethod(extension: Extension, method: ExtensionMethod): Method {
  const { id, negotiated = true } = extension;
  const validate = method.params && validatorOf(method.params);
  return {
    ...(method.era && { era: method.era }),
    resolve: () => ({
      async run(call) {
        if (negotiated && call.era === 'modern' && call.extension(id) === undefined) {
          throw new MissingCapabilityError({ extensions: { [id]: {} } });
        }
        const checked = validate ? await orAbort(call, () => validate(call.params)) : { value: call.params };
        if (checked.issues) throw new InvalidParamsError(`Invalid params: ${describeIssues(checked.issues)}`);
        return orAbort(call, async () => method.run(checked.value, call));
      },
    }),
  };
}
