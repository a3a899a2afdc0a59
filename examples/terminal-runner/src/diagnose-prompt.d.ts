/** `diagnose`: where to start when something is wrong with the machine. */
export declare const diagnosePrompt: import('@toolyard/core').Prompt<import('@toolyard/core').NoContext>;
//# sourceMappingURL=diagnose-prompt.d.ts.map
