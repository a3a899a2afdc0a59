// Every entry of every package can be imported.
import { readFileSync } from 'node:fs';

for (const specifier of JSON.parse(readFileSync('entries.json', 'utf8'))) await import(specifier);
