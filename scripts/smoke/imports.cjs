// Every entry of every package can be required from CommonJS: the packages are ESM without top-level await.
for (const specifier of require('./entries.json')) require(specifier);
