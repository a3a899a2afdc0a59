import { ToolyardError } from '@toolyard/core';

/** A certificate or its key cannot be served. `code` is `CERTIFICATE_UNUSABLE`; the sentence says why. */
export class CertificateError extends ToolyardError {
  override readonly name: string = 'CertificateError';
  constructor(problem: string, options?: ErrorOptions) {
    super('CERTIFICATE_UNUSABLE', `The certificate cannot be served: ${problem}.`, options);
  }
}
