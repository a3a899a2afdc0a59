import { measureVariants } from './variants.ts';
import { bareHandler, throughMiddleware } from './toolyard-variants.ts';

// A process of its own: no server, no client and no other group has shaped its heap or its compiled code.

const [rounds, calls] = process.argv.slice(2).map(Number);
const variants = [bareHandler, ...[0, 1, 5, 10].map(throughMiddleware)];
process.send?.(await measureVariants(variants, { rounds: rounds!, calls: calls! }));
