/**
 * In the environment of every program that is started, with a random value: its descendants can be told from all other
 * processes, and from those of other starters.
 */
export const RUN_VARIABLE = 'TOOLYARD_RUN';
