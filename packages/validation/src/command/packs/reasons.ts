/** Ends of the sentence "… is not allowed because it …", for options of many programs. */
export const WRITES = 'writes a file; use > in a line, or the file tools';
export const RUNS = 'runs a program';
export const FOLLOWS = 'follows symbolic links out of the roots';
export const LISTS = 'reads the names of files from a file, which nobody checked';
export const LOADS = 'loads code';
export const CONFIG = 'loads settings that can run programs';
export const LINKS = 'creates links, which can lead out of the roots';
