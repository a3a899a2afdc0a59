import { cases } from './cases.ts';
import { measureChecks } from './measure.ts';
import { validators } from './validators.ts';

// A process of its own: no server, no client and no other group has shaped its heap or its compiled code.

const [rounds, calls] = process.argv.slice(2).map(Number);
process.send?.(await measureChecks(cases, validators, { rounds: rounds!, calls: calls! }));
